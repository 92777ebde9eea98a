#!/usr/bin/env bash
# tests/in_memory.sh COMMAND...: runs a command whose temporary files lie in memory, and ends as it ends.
# Tests and evals write, sync and remove thousands of small files; on a disk they mostly wait for it. Where
# memory has no room for files, or runs none of them, they lie where they usually do.
set -euo pipefail
memory=/dev/shm
needed_kib=$((4 * 1024 * 1024))

free_kib=$(df --output=avail -k "$memory" 2>/dev/null | tail -n 1) || free_kib=0
if [ -w "$memory" ] && [ "$free_kib" -ge "$needed_kib" ]; then
  folder=$(mktemp -d "$memory/planner-XXXXXX")
  trap 'rm -rf "$folder"' EXIT
  printf '#!/bin/sh\n' >"$folder/runs" && chmod +x "$folder/runs"
  if "$folder/runs" 2>/dev/null; then export TMPDIR="$folder"; fi
fi
"$@"
