"""`make bench`: planner against the careful user's nine commands, as ratios of one run.

Both sides are run in turn on fresh copies of the same module, so that a busy
machine slows both. Prints a Markdown table; `--write FILE` keeps it too. The
AWS module is measured where TF_PLUGIN_MIRROR names a provider mirror.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path

from tests.bench.cloud import environment, mirror, module_in, moto

ROOT = Path(__file__).resolve().parents[2]

PLANNER = ROOT / ".venv/bin/planner"
CAREFUL = (
    ("init", "-input=false"),
    ("fmt", "-check"),
    ("validate", "-json"),
    ("plan", "-input=false", "-out=tfplan"),
    ("show", "-json", "tfplan"),
    ("apply", "-input=false", "tfplan"),
    ("output", "-json"),
    ("state", "list"),
    ("plan", "-input=false", "-detailed-exitcode"),
)
TELLS_ITS_PEAK = """
import re, sys
from planner.cli import main
try:
    main()
finally:
    found = re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())
    print(found[1] if found else 0, file=sys.stderr)
"""
IMPORTS = "import gc; gc.disable(); import planner.commands.run"  # as `planner.cli` does it
_MODULE_COLUMNS = ("careful user, s", "first apply", "nothing to do", "own time, s")
BOXES = 'resource "terraform_data" "box" {\n  count = %d\n  input = "box-${count.index}"\n}\n'


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def careful(module: Path, env: dict[str, str]) -> None:
    for command in CAREFUL:
        subprocess.run(["terraform", *command], cwd=module, env=env, check=True, capture_output=True)


def planner(module: Path, env: dict[str, str]) -> dict[str, float]:
    done = subprocess.run(
        [PLANNER, "run", module, "--json", "--model", "none"],
        env=env,
        check=True,
        capture_output=True,
    )
    result: dict[str, float] = json.loads(done.stdout)
    return result


def pair(make: Callable[[Path], None], env: dict[str, str], rounds: int) -> Iterator[tuple[str, list[float]]]:
    """Seconds and ratios of first applies and of runs with nothing to do."""
    rows: dict[str, list[float]] = {"careful": [], "first": [], "again": [], "own": [], "own again": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as scratch:
            one, two = Path(scratch, "careful"), Path(scratch, "planner")
            make(one)
            make(two)
            user = timed(lambda: careful(one, env))  # noqa: B023 - called at once
            for name in ("first", "again"):
                told: list[dict[str, float]] = []
                took = timed(lambda: told.append(planner(two, env)))  # noqa: B023
                rows[name].append(took / user)
                rows["own" if name == "first" else "own again"].append(took - told[0]["terraform_s"])
            rows["careful"].append(user)
    yield from rows.items()


def spread(values: list[float]) -> str:
    return f"{min(values):.2f} / {statistics.median(values):.2f} / {max(values):.2f}"


def module_rows(rounds: int, env: dict[str, str]) -> Iterator[str]:
    yield "| module | careful user, s | planner: first apply | planner: nothing to do | its own time, s |"
    yield "|---|---|---|---|---|"
    for count in (1, 100):

        def make(path: Path, count: int = count) -> None:
            path.mkdir()
            (path / "main.tf").write_text(BOXES % count, encoding="utf-8")

        yield _row(f"built-in provider, {count}", dict(pair(make, env, rounds)))
    plugins = mirror()
    if plugins:
        with moto() as endpoint, tempfile.TemporaryDirectory() as scratch:
            aws = environment(env, endpoint, plugins, Path(scratch))
            make_aws = partial(module_in, endpoint=endpoint)
            yield _row("AWS on moto", dict(_aws_pair(make_aws, aws, max(2, rounds // 3))))


def _aws_pair(
    make: Callable[[Path], None], env: dict[str, str], rounds: int
) -> Iterator[tuple[str, list[float]]]:
    """As `pair`, but each side has the (one) cloud to itself: it is reset between the two."""
    rows: dict[str, list[float]] = {"careful": [], "first": [], "again": [], "own": [], "own again": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as scratch:
            one, two = Path(scratch, "careful"), Path(scratch, "planner")
            make(one)
            user = timed(lambda: careful(one, env))  # noqa: B023
            make(two)
            for name in ("first", "again"):
                told: list[dict[str, float]] = []
                took = timed(lambda: told.append(planner(two, env)))  # noqa: B023
                rows[name].append(took / user)
                rows["own" if name == "first" else "own again"].append(took - told[0]["terraform_s"])
            rows["careful"].append(user)
    yield from rows.items()


def _row(name: str, rows: dict[str, list[float]]) -> str:
    own = rows["own"] + rows["own again"]
    return (
        f"| {name} | {spread(rows['careful'])} | {spread(rows['first'])} "
        f"| {spread(rows['again'])} | {spread(own)} |"
    )


def start_up_rows(rounds: int, env: dict[str, str]) -> Iterator[str]:
    yield "| start-up, ms | min / median / max |"
    yield "|---|---|"
    commands = {
        "bare Python": [sys.executable, "-c", ""],
        "`planner --help`": [str(PLANNER), "--help"],
        "importing all that a clean run needs": [sys.executable, "-c", IMPORTS],
    }
    for name, command in commands.items():
        times = [
            1000 * timed(lambda: subprocess.run(command, env=env, check=True, capture_output=True))  # noqa: B023
            for _ in range(rounds)
        ]
        yield f"| {name} | {min(times):.0f} / {statistics.median(times):.0f} / {max(times):.0f} |"


def memory_rows(env: dict[str, str]) -> Iterator[str]:
    """The most that planner's own process held, without Terraform."""
    yield "| memory of planner, MB | peak resident set |"
    yield "|---|---|"
    for name, count in (("a clean run, 1 resource", 1), ("a clean run, 1,000 resources", 1000)):
        yield f"| {name} | {_peak_mb(BOXES % count, env, 0)} |"
    broken = BOXES % 1 + 'output "x" {\n  value = terraform_data.bax\n}\n'
    yield f"| a failure that is diagnosed, a fix proposed | {_peak_mb(broken, env, 3)} |"


def _peak_mb(text: str, env: dict[str, str], code: int) -> int:
    """Of one run, which ends with this exit code."""
    with tempfile.TemporaryDirectory() as module:
        Path(module, "main.tf").write_text(text, encoding="utf-8")
        command = [sys.executable, "-c", TELLS_ITS_PEAK, "run", module, "--json", "--model", "none"]
        done = subprocess.run(command, env=env, check=False, capture_output=True, text=True)
    if done.returncode != code:
        raise SystemExit(f"the run ended with {done.returncode}: {done.stderr}")
    return int(done.stderr.split()[-1]) // 1024


def rate_rows() -> Iterator[str]:
    from tests.bench import rates  # noqa: PLC0415 - imports the product; the rows above time processes

    yield "| in one process | |"
    yield "|---|---|"
    for name, value in rates.measure():
        yield f"| {name} | {value} |"


def remember(lines: list[str], history: Path) -> None:
    """Add the medians of this run to the history, a row a run, oldest first."""
    medians = [re.findall(r"[\d.]+ / ([\d.]+) / [\d.]+", line) for line in lines]
    firsts = [found for found in medians if len(found) == len(_MODULE_COLUMNS)]
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()
    if not history.exists():
        names = " | ".join(_MODULE_COLUMNS)
        head = f"Medians of each run of `make bench` that was kept.\n\n| date | commit | module | {names} |\n"
        history.write_text(head + "|---|---|---|" + "---|" * len(_MODULE_COLUMNS) + "\n", encoding="utf-8")
    with history.open("a", encoding="utf-8") as file:
        for name, found in zip(("1", "100", "AWS"), firsts, strict=False):
            file.write(f"| {date.today()} | {commit} | {name} | {' | '.join(found)} |\n")  # noqa: DTZ011 - a label


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        env = {k: v for k, v in os.environ.items() if k != "TF_CLI_CONFIG_FILE"} | {
            "PLANNER_HOME": home,
            "CHECKPOINT_DISABLE": "1",
        }
        lines = ["Ratios are to the careful user's nine commands in the same round; min / median / max.", ""]
        for line in lines:
            print(line)
        for block in (
            module_rows(options.rounds, env),
            start_up_rows(options.rounds, env),
            memory_rows(env),
            rate_rows(),
        ):
            for line in block:
                print(line, flush=True)
                lines.append(line)
            print()
            lines.append("")
    if options.write:
        options.write.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
        remember(lines, options.write.with_name("history.md"))


if __name__ == "__main__":
    main()
