"""`make redaction-report`: what the redactor does, measured now, beside what is asked of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from evals.diagnosis_report import OWN
from evals.stats import shown
from tests.security import measure
from tests.security.shapes_adversarial import LINES

_ROOT = Path(__file__).resolve().parents[2]


def _passes(*tests: str) -> str:
    """Whether some tests pass, run here and now."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", *tests],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return f"{'pass' if done.returncode == 0 else 'FAIL'}: {done.stdout.strip().splitlines()[-1]}"


def main() -> None:
    leaked, touched = measure.leaks(), measure.touched()
    worst = max(leaked.by_kind.values()) / (
        len(measure.SEEDS) * leaked.of / len(measure.SEEDS) / len(leaked.by_kind)
    )
    known = [measure.known_values_left(encoding) for encoding in measure.ENCODINGS]
    left, of = sum(k.hits for k in known), sum(k.of for k in known)
    slowest = max((measure.seconds(kind, 1_000_000), kind) for kind in LINES)
    verdicts = measure.verdicts_changed(OWN)
    rows = (
        ("R-01", "secrets fully masked", shown(leaked.of - leaked.hits, leaked.of), "≥ 99.5 %"),
        ("R-01", "of the worst shape", f"{100 * (1 - worst):.1f} %", "≥ 95 %"),
        ("R-02", "near-misses touched", shown(touched.hits, touched.of), "≤ 0.5 %"),
        ("R-03", "known values masked, 12 encodings", shown(of - left, of), "100 %"),
        (
            "R-04, R-05, R-09, R-10",
            "canaries, modes, another's scanner, in real runs",
            _passes("tests/security/test_canary.py"),
            "0 hits",
        ),
        ("R-06", f"slowest line ({slowest[1]})", f"{1 / slowest[0]:.1f} MB/s", "≥ 5 MB/s"),
        ("R-07", "failures named otherwise once masked", shown(verdicts.hits, verdicts.of), "≤ 2 %"),
        (
            "R-08",
            "a redactor that raises",
            _passes("tests/unit", "-k", "layer_that_fails or redactor_fails"),
            "no sink",
        ),
    )
    print("| id | what | measured | asked |\n|---|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
