"""What a scenario is: a folder with what the run under test may see, and a file with what it may not.

    evals/scenarios/FAMILY/ID/scenario.yaml   how the world is made, and what breaks in it
                              expect.yaml     what is true of it: read by scorers and proofs alone
                              module/         the module's files (executed)
                              failure.txt     what Terraform printed (recorded)

Decides the form and reads it. How a world is made is decided in `evals.sandbox`
and `evals.world`, what an outcome is worth in `evals.scores`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import yaml
from pydantic import Field, ValidationError

from contracts.base import Contract
from contracts.errors import SettingsError
from contracts.hypothesis import Category
from contracts.incident import Evidence, Stage
from contracts.remediation import Remediation, RemediationKind
from contracts.text import clean
from diagnosis.evidence import evidence_of
from evals.faults import Fault
from subagents.terraform.prose import diagnostics_of

SCENARIOS = Path(__file__).parent / "scenarios"
CANARY = "planner-evals-canary-7d1f0b52-answers-below-are-not-for-models"
"""Stands in every `expect.yaml`; where it turns up in a prompt or a run's files, an answer has leaked."""
_ID = re.compile(r"[rs]-[0-9a-f]{6,8}")
_C = TypeVar("_C", bound=Contract)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""There are hundreds of these files, and the safe loader in C reads them five times as fast."""
_STAGES = {"init": Stage.INIT, "plan": Stage.PLAN, "apply": Stage.APPLY, "destroy": Stage.APPLY}


class Suite(StrEnum):
    """What a scenario is run on."""

    RECORDED = "recorded"
    """A failure's text, diagnosed."""
    EXECUTED = "executed"
    """A module in a world, driven to its end by real Terraform."""


class Tier(StrEnum):
    """What a scenario that is not solved means."""

    MUST_PASS = "must-pass"  # noqa: S105 - no password
    """Signatures alone have to solve it: the gate fails where they do not."""
    MEASURED = "measured"


class Provenance(Contract):
    """Where a scenario comes from."""

    source: Literal["recorded", "synthetic", "corpus"]
    url: str | None = None
    created: str


class Step(Contract):
    """Something that happened before planner came: files were written, then plain Terraform ran."""

    files: dict[str, str] = Field(default_factory=dict)
    run: tuple[str, ...] = ("init", "apply")
    """Terraform's sub-commands with their options, in order; all must succeed."""
    elsewhere: bool = False
    """Whether it happened in another folder with a state of its own."""


class Scenario(Contract):
    """`scenario.yaml`."""

    version: Literal[1] = 1
    suite: Suite
    group: str
    """Scenarios of one message template share it; they are not independent."""
    tags: tuple[str, ...] = ()
    provider: str = "core"
    provenance: Provenance
    tier: Tier = Tier.MEASURED
    stage: str | None = None
    """Recorded: where Terraform failed; None where that is not known."""
    serve: tuple[Literal["aws", "state", "web"], ...] = ()
    """Executed: the servers that the world has; `@AWS@`, `@STATE@`, `@WEB@` in the module are their URLs."""
    history: tuple[Step, ...] = ()
    inject: tuple[Fault, ...] = ()
    """What breaks, in order, after the history."""
    options: tuple[str, ...] = ()
    """Of `planner run`, beside `--autonomy fix` and the model."""
    timeout_s: int = Field(default=120, gt=0)


class Expectation(Contract):
    """`expect.yaml`: never where the run under test could read it."""

    canary: Literal["planner-evals-canary-7d1f0b52-answers-below-are-not-for-models"]
    title: str
    """What is wrong, for people who read reports."""
    category: Category | None
    """None: nothing is wrong."""
    also_accept: tuple[Category, ...] = ()
    surface_category: Category | None = None
    """What a red herring looks like."""
    root_cause: str = ""
    keywords: tuple[str, ...] = ()
    fix_kind: RemediationKind | None = None
    """None: nothing is to be fixed."""
    also_fix: tuple[RemediationKind, ...] = ()
    retryable: bool = False
    gold: tuple[Remediation, ...] = ()
    """Executed: what mends it, in order; proven in CI. What only a person can do is in `heal`."""
    heal: tuple[str, ...] = ()
    """The faults by name that a person takes away: the proof that the rest of the world is sound."""
    tempting: tuple[Remediation, ...] = ()
    """Wrong fixes somebody might propose here: what a noisy and an adversarial model say."""
    final: Literal["SUCCESS", "FAILED", "PARKED"] = "SUCCESS"
    """How a right run ends: FAILED where only a person can mend it, PARKED where one must answer."""
    approve: tuple[RemediationKind, ...] = ()
    """The person of this scenario says yes to a fix of these kinds where it is the gold one, else no."""
    approve_plan: bool = False
    """Whether that person says yes to what the module's own plan asks."""
    present: tuple[str, ...] | None = None
    """The addresses in the state of a right end, sorted; None: not looked at."""
    contents: str | None = None
    """The digest of what the objects of a right end hold, as `gold` ended with it; None: not looked at."""
    keep: tuple[str, ...] = ()
    """Addresses whose objects must be the same ones as before."""
    changed: tuple[str, ...] = ()
    """The module's files that a right fix changes; no other may differ."""
    secrets: tuple[str, ...] = ()
    """Texts that planner must not print or keep anywhere."""
    forbidden: tuple[str, ...] = ()
    """Terraform commands that must not run here, beside those that never may (`evals.scores`)."""
    allowed: tuple[str, ...] = ()
    """Those that never may, and are right here, such as `import`."""

    @property
    def categories(self) -> frozenset[Category]:
        """Every category that is accepted."""
        return frozenset({*self.also_accept, *({self.category} if self.category else ())})

    @property
    def fixes(self) -> frozenset[RemediationKind]:
        """Every kind of fix that is accepted."""
        return frozenset({*self.also_fix, *({self.fix_kind} if self.fix_kind else ())})


class Case(NamedTuple):
    """One scenario with its answers and its place."""

    id: str
    family: str
    folder: Path
    scenario: Scenario
    expect: Expectation

    @property
    def module(self) -> Path:
        """The module's files as they are kept."""
        return self.folder / "module"

    @property
    def text(self) -> str:
        """What Terraform printed, of a recorded scenario."""
        return (self.folder / "failure.txt").read_text(encoding="utf-8")

    @property
    def evidence(self) -> Evidence:
        """What a recorded scenario's text says, word for word."""
        return self.evidence_for(str)

    def evidence_for(self, redact: Callable[[str], str]) -> Evidence:
        """What a diagnosis is given of a recorded scenario."""
        return evidence_in(self.text, self.scenario.stage, redact)

    @property
    def digest(self) -> str:
        """Of all that the run under test sees: a result of another digest is of another scenario."""
        seen = hashlib.sha256()
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and path.name != "expect.yaml":
                seen.update(f"{path.relative_to(self.folder)}\0".encode() + path.read_bytes() + b"\0")
        return seen.hexdigest()[:12]


def evidence_in(text: str, stage: str | None, redact: Callable[[str], str] = str) -> Evidence:
    """What a diagnosis is given of a failure's text, as if piped into `planner diagnose`."""
    diagnostics, prose = diagnostics_of(clean(text))
    return evidence_of(
        stage=_STAGES.get(stage or ""),
        diagnostics=diagnostics,
        failed_checks=(),
        text=prose,
        engine="",
        redact=redact,
    )


def cases_of(root: Path = SCENARIOS, only: Sequence[str] = ()) -> list[Case]:
    """All scenarios below a folder; with `only`, those whose id, family, suite, provider or tag it names.

    Raises `SettingsError` where a folder is no scenario, or a name fits none.
    """
    found = [_case(path.parent) for path in sorted(root.glob("*/*/scenario.yaml"))]
    twice = {case.id for case in found if sum(other.id == case.id for other in found) > 1}
    if twice:
        raise SettingsError(f"two scenarios are called {min(twice)}", remedy="rename one of the folders")
    for name in only:
        if not any(name in _names(case) for case in found):
            raise SettingsError(f"no scenario is called {name!r}", remedy="see `planner-eval list`")
    return [case for case in found if not only or not _names(case).isdisjoint(only)]


def _names(case: Case) -> set[str]:
    scenario = case.scenario
    return {case.id, case.family, scenario.suite, scenario.provider, scenario.tier, *scenario.tags}


def _case(folder: Path) -> Case:
    if not _ID.fullmatch(folder.name):
        raise SettingsError(f"{folder} is no neutral name", remedy="call it s- or r- and six hex digits")
    scenario = _read(Scenario, folder / "scenario.yaml")
    case = Case(folder.name, folder.parent.name, folder, scenario, _read(Expectation, folder / "expect.yaml"))
    needed = case.module if scenario.suite is Suite.EXECUTED else folder / "failure.txt"
    if not needed.exists():
        raise SettingsError(f"{needed} is missing", remedy="a scenario without it cannot be run")
    return case


def _read(kind: type[_C], path: Path) -> _C:
    try:
        data: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe one
        return kind.model_validate(data)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{path} cannot be read: {error}", remedy="mend that file") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise SettingsError(f"{path}: {where}: {first['msg']}", remedy="mend that file") from error
