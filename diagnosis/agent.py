"""Who is asked for a cause, and in which order.

Signatures first and memory second, for nothing; then, with permits and money
set aside, models. What is asked of them is `diagnosis.asking`'s; what becomes
of a remediation is decided in `planner.policy`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from contracts.budget import Usage
from contracts.diagnostic import Severity
from contracts.hypothesis import Hypothesis
from contracts.incident import Diagnosis, Evidence, Named, Stage, Unknown
from contracts.ports import Memory, Permits
from contracts.text import cap
from diagnosis.asking import ABSTAINS_BELOW, Asker, Silence
from diagnosis.dedup import repeated, same_fix
from diagnosis.fingerprint import fingerprint_of

_CRASH = re.compile(r"^panic: |crash\.log|^goroutine \d+ \[", re.MULTILINE)
_TELLING = re.compile(r"^.*\b(?:error|fatal|failed|denied)\b.*$", re.IGNORECASE | re.MULTILINE)
_LINE_CHARS = 160
_NO_MODEL = "no model is configured (set a key, or choose one with --model)"


class LayeredDiagnoser:
    """The port `Diagnoser`.

    `match` names a failure that is known already, or None. `asker` None: no
    model is configured. `explain` takes the place of the models: it is given
    what would be asked, nothing is sent, and what it returns says so.
    """

    def __init__(
        self,
        *,
        match: Callable[[Evidence], Named | None],
        memory: Memory,
        asker: Asker | None,
        explain: Callable[[Evidence, Sequence[Hypothesis]], str] | None = None,
    ) -> None:
        self._match = match
        self._memory = memory
        self._asker = asker
        self._explain = explain
        self._asked: list[Hypothesis] = []

    def diagnose(self, evidence: Evidence, permits: Permits, tried: Sequence[Hypothesis]) -> Diagnosis:
        """The cause, or why it is unknown. Never raises on what a model answers."""
        known = self._match(evidence)
        if known is not None and known.hypothesis.confidence >= ABSTAINS_BELOW:
            return known
        further = self.mend(evidence, permits, tried)
        if known is None or (isinstance(further, Named) and further.hypothesis.confidence >= ABSTAINS_BELOW):
            return further
        return known.unanswered(further)  # it is known what failed, if not why

    def mend(self, evidence: Evidence, permits: Permits, tried: Sequence[Hypothesis]) -> Diagnosis:
        """What memory knows, else what a model says. Never raises on what a model answers."""
        fingerprint = fingerprint_of(evidence)
        failed = self._memory.failed(fingerprint)
        remembered = self._memory.worked(fingerprint)
        silent = not (evidence.diagnostics or evidence.failed_checks or evidence.text.strip())
        if remembered is not None and not silent and not repeated(remembered.hypothesis, tried):
            return remembered  # failures that say nothing are only alike in that
        if self._explain is not None:
            return _unknown(evidence, self._explain(evidence, _every(tried, failed)))
        if self._asker is None:
            return _unknown(evidence, _NO_MODEL)
        return self._said(self._asker, evidence, permits, tried, failed)

    def _said(
        self,
        asker: Asker,
        evidence: Evidence,
        permits: Permits,
        tried: Sequence[Hypothesis],
        failed: Sequence[Hypothesis],
    ) -> Diagnosis:
        """What a model says; but never again what did not help in an earlier run."""
        fix_failed = any(hypothesis in tried for hypothesis in self._asked)
        said = asker.ask(evidence, permits, _every(tried, failed), fix_failed=fix_failed)
        if isinstance(said, Silence):
            return _unknown(evidence, said.why, said.usage)
        self._asked.append(said.hypothesis)
        if any(same_fix(said.hypothesis, earlier) for earlier in failed):
            why = f"{said.origin} proposes again what did not help in an earlier run"
            return _unknown(evidence, f"{why}: {said.hypothesis.remediation.summary}", said.usage)
        return said


def _every(tried: Sequence[Hypothesis], failed: Sequence[Hypothesis]) -> tuple[Hypothesis, ...]:
    """What did not help, in earlier runs and then in this one."""
    return (*failed, *(hypothesis for hypothesis in tried if hypothesis not in failed))


def _unknown(evidence: Evidence, why: str, usage: Usage | None = None) -> Unknown:
    return Unknown(
        why=f"no signature matches; {why}",
        next_step=next_step(evidence),
        usage=usage or Usage(),
    )


def next_step(evidence: Evidence) -> str:
    """The most telling thing to look at next: one sentence for a person."""
    if _CRASH.search(evidence.text):
        return "Read the crash in what was printed: the lines after `panic:` name the provider and the call."
    error = next((d for d in evidence.diagnostics if d.severity is Severity.ERROR), None)
    if error:
        place = f"{error.range.filename}:{error.range.start_line}" if error.range else error.address
        what = _first_line(error.summary) or "the first error"
        return f"Look at {place}: {what}." if place else f"Look into the first error: {what}."
    if evidence.failed_checks:
        check = evidence.failed_checks[0]
        return f"Look at the failed check {_first_line(check.name)}: {_first_line(check.detail)}."
    line = _TELLING.search(evidence.text)
    if line:
        return f"Start from the line `{_first_line(line[0])}`."
    if evidence.stage is Stage.APPLY:
        return "Look what of its changes was made by now, then plan anew; never repeat an apply blindly."
    stage = evidence.stage.value if evidence.stage else "failed command"
    return f"Repeat the {stage} by hand with TF_LOG=debug, and read what it printed last."


def _first_line(text: str) -> str:
    return cap(text.strip().split("\n")[0].rstrip("."), _LINE_CHARS)
