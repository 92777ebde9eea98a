"""What a fault is: the files and commands that make it on a real engine, and what is true of it.

Decides the form of `*.toml` and the folder that a fault is kept in, which says
nothing of the answer. How it is made is decided in `evals.recorded.record`.
"""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

from pydantic import Field

from contracts.base import Contract
from contracts.hypothesis import Category
from contracts.remediation import RemediationKind
from evals.scenario import CANARY, Expectation, Provenance, Scenario, Suite

_CREATED = "2026-11-21"


class Route(Contract):
    """What the loopback server answers to one kind of request."""

    method: str = "*"
    path: str = ""
    """Part of the path; empty: any."""
    sent: str = ""
    """Part of the request's body; empty: any."""
    status: int
    body: str = ""
    headers: dict[str, str] = Field(default_factory=dict)


class Step(Contract):
    """Files to write, then commands to run in order; all but the last of a case must succeed."""

    files: dict[str, str] = Field(default_factory=dict)
    """What begins with `#!` may be executed.

    `@URL@` is the loopback server, `@HOST@` its host and port, `@AWS@` an AWS provider that asks nobody else.
    """
    run: tuple[str, ...] = ()


class Fault(Contract):
    """One fault, and what is true of it."""

    name: str
    step: tuple[Step, ...]
    server: tuple[Route, ...] = ()
    """The first that fits answers."""
    env: dict[str, str] = Field(default_factory=dict)
    tools: dict[str, str] = Field(default_factory=dict)
    """Programs that the module calls, by name: the shell script that stands for each."""
    through: str = ""
    """A shell command that what is printed passes through, as a wrapper would; then nothing is cut off."""
    colour: bool = False
    """Whether the last command may print colours, and they are kept."""
    stage: str
    provider: str = "core"
    tags: tuple[str, ...] = ()
    category: Category
    also_accept: tuple[Category, ...] = ()
    retryable: bool = False
    root_cause: str
    fix_kind: RemediationKind
    also_fix: tuple[RemediationKind, ...] = ()
    keywords: tuple[str, ...]
    group: str
    """Faults of one message template share a group."""
    surface_category: Category | None = None
    secrets: tuple[str, ...] = ()
    """Texts of the failure that must never be shown again."""

    @property
    def id(self) -> str:
        """Says nothing of the answer."""
        return "r-" + hashlib.sha256(self.name.encode()).hexdigest()[:8]

    @property
    def scenario(self) -> Scenario:
        """What may be known before the failure is diagnosed."""
        return Scenario(
            suite=Suite.RECORDED,
            group="g-" + hashlib.sha256(self.group.encode()).hexdigest()[:6],
            tags=self.tags,
            provider=self.provider,
            provenance=Provenance(source="recorded", created=_CREATED),
            stage=self.stage,
        )

    @property
    def expect(self) -> Expectation:
        """What may not."""
        return Expectation(
            canary=CANARY,
            title=self.name.replace("-", " "),
            category=self.category,
            also_accept=self.also_accept,
            surface_category=self.surface_category,
            root_cause=self.root_cause,
            keywords=self.keywords,
            fix_kind=self.fix_kind,
            also_fix=self.also_fix,
            retryable=self.retryable,
            secrets=self.secrets,
        )


def faults() -> list[Fault]:
    """All of them, in the order of files. Raises `ValueError` where one is not of the form."""
    found = []
    for path in sorted(Path(__file__).parent.glob("*.toml")):
        found += [Fault.model_validate(case) for case in tomllib.loads(path.read_text("utf-8"))["case"]]
    return found
