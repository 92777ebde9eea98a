#!/usr/bin/env bash
# Mutates a copy of the code, so that the checkout stays as it is; score.py, next to this file, does the rest.
#   tests/mutation/run.sh FILE...      such as planner/fold.py; without files: all that S-12 names
set -euo pipefail
cd "$(dirname "$0")/../.."
files=("$@")
if [ "${#files[@]}" -eq 0 ]; then
  files=(planner/machine.py planner/gate*.py planner/ledger.py planner/brakes.py planner/journal.py planner/fold.py
    planner/store.py planner/database.py subagents/workspace.py subagents/backup.py subagents/promotion.py)
fi
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
tar cf - --exclude=.venv --exclude=.git --exclude=__pycache__ . | tar xf - -C "$copy"
ln -sfn "$PWD/.venv" "$copy/.venv"
cd "$copy"
printf '\n[tool.mutmut]\nsource_paths = ["contracts", "subagents", "diagnosis", "observability", "planner", "evals"]\n' >>pyproject.toml
PYTHONPATH="$copy" PYTHONHASHSEED=0 .venv/bin/python -m tests.mutation.score "${files[@]}"
