"""Who is asked for a cause, in which order, and what is made of the answer.

Signatures first, for nothing; then, with a permit and money set aside, a model
once. Whether a permit is given, and what becomes of the remediation, is
decided in `planner.policy`; what counts as an answer, in `diagnosis.parse`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from contracts.budget import LimitReached, Usage
from contracts.diagnostic import Severity
from contracts.hypothesis import Hypothesis, Source
from contracts.incident import Diagnosis, Evidence, Named, Unknown
from contracts.permit import ModelPermit
from contracts.ports import ModelClient, ModelReply, Purse
from contracts.text import cap
from diagnosis.parse import Malformed, parse, reply_schema
from diagnosis.prompt import prompt_for

_NO_ANSWER = {
    "max_tokens": "its answer was cut off",
    "refusal": "it refused to answer",
    "pause_turn": "it paused instead of answering",
    "model_context_window_exceeded": "the failure did not fit into its context",
}
_CRASH = re.compile(r"^panic: |crash\.log|^goroutine \d+ \[", re.MULTILINE)
_TELLING = re.compile(r"^.*\b(?:error|fatal|failed|denied)\b.*$", re.IGNORECASE | re.MULTILINE)
_LINE_CHARS = 160


class LayeredDiagnoser:
    """The port `Diagnoser`.

    `match` names a failure that is known already, or None. `client` opens the
    model on first need; None: no model is configured. `token` gives a random
    word for each call, which marks off what is untrusted in a prompt.
    """

    def __init__(
        self,
        *,
        match: Callable[[Evidence], Named | None],
        client: Callable[[], ModelClient] | None,
        purse: Purse,
        token: Callable[[], str],
    ) -> None:
        self._match = match
        self._open = client
        self._client: ModelClient | None = None
        self._purse = purse
        self._token = token

    def diagnose(
        self, evidence: Evidence, permit: ModelPermit | None, tried: Sequence[Hypothesis]
    ) -> Diagnosis:
        """The cause, or why it is unknown. Never raises on what a model answers."""
        known = self._match(evidence)
        if known is not None:
            return known
        if self._open is None:
            return _unknown(evidence, "no model is configured (set a key, or choose one with --model)")
        if permit is None:
            return _unknown(evidence, "the retry cap leaves no model call")
        if self._client is None:
            self._client = self._open()
        return self._ask(self._client, evidence, permit, tried)

    def _ask(
        self, client: ModelClient, evidence: Evidence, permit: ModelPermit, tried: Sequence[Hypothesis]
    ) -> Diagnosis:
        prompt = prompt_for(evidence, tried, token=self._token())
        held = self._purse.reserve(permit.run_id, client.price_ceiling_usd(prompt))
        if isinstance(held, LimitReached):
            return _unknown(evidence, f"no model was asked: {held.reason}")
        reply = client.ask(permit, prompt, reply_schema())
        self._purse.settle(held, reply.usage)  # before anybody looks at the answer: it is paid for
        return _judged(client.model, reply, evidence)


def _judged(model: str, reply: ModelReply, evidence: Evidence) -> Diagnosis:
    if reply.stop != "end":
        why = _NO_ANSWER.get(reply.stop, reply.stop)
        return _unknown(evidence, f"{model} gave no answer: {why}", reply.usage)
    answer = parse(reply.text, evidence)
    if isinstance(answer, Malformed):
        return _unknown(evidence, f"the answer of {model} cannot be used: {answer.reason}", reply.usage)
    return Named(hypothesis=answer.hypothesis, source=Source.MODEL, origin=model, usage=reply.usage)


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
    stage = evidence.stage.value if evidence.stage else "failed command"
    return f"Repeat the {stage} by hand with TF_LOG=debug, and read what it printed last."


def _first_line(text: str) -> str:
    return cap(text.strip().split("\n")[0].rstrip("."), _LINE_CHARS)
