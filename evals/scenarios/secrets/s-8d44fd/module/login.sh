#!/bin/sh
if [ -s ../expired ]; then
  echo "login: 401 Unauthorized (user=feeds password=Fk7-hollow-brass-91-lantern): this password has expired" >&2
  exit 5
fi
echo "logged in"
