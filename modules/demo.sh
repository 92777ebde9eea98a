#!/usr/bin/env bash
# The main job: a clean fleet, a fault that is named, one that is fixed, one that waits for a person. Leaves nothing behind.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
planner="$here/../.venv/bin/planner"
work="$(mktemp -d)"
health=
trap '[ -z "$health" ] || kill "$health" 2>/dev/null || true; rm -rf "$work"' EXIT
export PLANNER_HOME="$work/home"
copied() { # the code of a module alone, not the state of a run over it
  cp -r "$here/$1" "$work/$2" && rm -rf "${work:?}/$2"/{.terraform,.terraform.lock.hcl,terraform.tfstate*}
}
copied local-fleet local-fleet
copied broken-fleet broken-fleet

echo "── (a) a clean fleet of five, with a health check: no model, no money ──"
"$here/../.venv/bin/python" "$work/local-fleet/health.py" 0 >"$work/url" & health=$!
for _ in $(seq 50); do [ -s "$work/url" ] && break; sleep 0.1; done
url="$(cat "$work/url")"
cat >"$work/health.yaml" <<YAML
checks:
  state: [{address: terraform_data.box, count: 5}]
  outputs: [{name: endpoint, matches: "^http://127"}]
  health: [{http: "$url", within: 10s}]
YAML
"$planner" run "$work/local-fleet" --config "$work/health.yaml" --model none

echo
echo "── (b) a module with a real fault: named by a signature, without an API key ──"
code=0
"$planner" run "$work/broken-fleet" --model none || code=$?
if [ "$code" -ne 2 ]; then
  echo "expected exit code 2 (FAILED, diagnosed), saw $code" >&2
  exit 1
fi
if ! "$planner" runs --limit 1 --json | grep -o '[0-9]\{8\}-[0-9]\{6\}-[0-9a-f]*' |
  xargs "$planner" show --json | grep -q '"source": "signature"'; then
  echo "expected a signature to name the fault" >&2
  exit 1
fi
misspelt() { # a copy of the fleet in which a variable is misspelt
  copied local-fleet "$1" && sed -i 's/var\.prefix, count/var.prefx, count/' "$work/$1/main.tf"
}

echo
echo "── (c) a broken module, fixed end to end: Terraform's own hint, tried on a copy first, \$0 ──"
misspelt fixed
"$planner" run "$work/fixed" --model none --autonomy fix
run="$("$planner" runs --limit 1 | cut -d' ' -f1)"
"$planner" show "$run" --patch
"$planner" undo "$run"

echo
echo "── (d) the same by default: the run parks with its diff, and goes on once a person approves ──"
misspelt parked
code=0
"$planner" run "$work/parked" --model none || code=$?
[ "$code" -eq 3 ] || { echo "expected exit code 3 (parked), saw $code" >&2; exit 1; }
"$planner" approve "$("$planner" runs --limit 1 | cut -d' ' -f1)" --comment "as Terraform says"

echo
echo "All as expected. Go on with: .venv/bin/planner run YOUR_MODULE"
