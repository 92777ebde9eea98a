#!/bin/sh
if [ -s ../outage ]; then
  echo "activate: dial tcp 198.51.100.9:27000: connect: connection refused" >&2
  exit 3
fi
echo activated
