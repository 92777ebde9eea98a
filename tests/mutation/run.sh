#!/usr/bin/env bash
# Mutates a copy of the code, so that the checkout stays as it is, and prints the score and who survived.
#   tests/mutation/run.sh FILE...      such as planner/fold.py; without files: all that S-12 names
set -euo pipefail
cd "$(dirname "$0")/../.."
files=("$@")
if [ "${#files[@]}" -eq 0 ]; then
  files=(planner/machine.py planner/gate*.py planner/ledger.py planner/brakes.py planner/journal.py planner/store.py
    planner/fold.py subagents/workspace.py subagents/promotion.py)
fi
copy="${MUTATION_FOLDER:-$(mktemp -d)}"
tar cf - --exclude=.venv --exclude=.git --exclude=__pycache__ --exclude=mutants . | tar xf - -C "$copy"
ln -sfn "$PWD/.venv" "$copy/.venv"
cd "$copy"
quoted=$(printf '"%s", ' "${files[@]}")
cat >>pyproject.toml <<EOF

[tool.mutmut]
source_paths = ["contracts", "subagents", "diagnosis", "observability", "planner", "evals"]
only_mutate = [${quoted}]
also_copy = ["tests"]
pytest_add_cli_args = [
  "-p", "no:randomly", "-m", "not slow and not terraform and not aws and not browser",
  "--deselect", "tests/unit/planner/test_gate.py::test_fifty_thousand_changes_are_judged_in_two_seconds",
]
pytest_add_cli_args_test_selection = [
  "tests/unit/planner", "tests/unit/subagents", "tests/property", "tests/assurance/test_record_entry_by_entry.py",
  "tests/crash/test_every_entry.py", "tests/crash/test_every_entry_of_a_fix.py",
]
EOF
.venv/bin/python -m mutmut run --max-children "$(nproc)" >mutmut.log || { tail -40 mutmut.log; exit 1; }
tail -c 120 mutmut.log
.venv/bin/python -m mutmut results
echo "survivors are shown by: cd $copy && .venv/bin/python -m mutmut show NAME"
