"""Which known failure this is, if it is one: the $0 half of a diagnosis.

Decides which signature speaks for which message and, where several do, which
cause is the root. Says nothing rather than guess. Leaves to the data files
what failures mean, and to the caller what to do about one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from pydantic import TypeAdapter

from contracts.hypothesis import Hypothesis
from contracts.incident import Evidence
from contracts.remediation import Remediation
from diagnosis.signatures.message import Message, messages_of, quotes_of
from diagnosis.signatures.said import said_of
from diagnosis.signatures.schema import Fix, Signature, packaged

_CONSEQUENCE = 40
"""Signatures under this priority name what follows from other failures: only the first message counts."""
_PLACEHOLDER = re.compile(r"\{(\w+)(?:\|([^{}]*))?\}")
_SUGGESTED = re.compile(r'Did you mean "([^"\n]{1,80})"\?')
_LONGEST_CAPTURE = 200
_REMEDIATION: TypeAdapter[Remediation] = TypeAdapter(Remediation)


@dataclass(frozen=True, slots=True)
class Match:
    """A failure that was recognised."""

    id: str
    """The signature's."""
    hypothesis: Hypothesis


@dataclass(frozen=True, slots=True)
class _Hit:
    signature: Signature
    index: int
    message: Message
    captures: dict[str, str]
    fragment: str

    @property
    def rank(self) -> tuple[int, int, float, int]:
        """The greatest is the root cause: nearest the root, then first printed, then surest."""
        s = self.signature
        return (s.priority, -self.index, s.confidence, s.specificity)


class SignatureLibrary:
    """The known failures."""

    def __init__(self, signatures: Sequence[Signature]) -> None:
        self._signatures = tuple(signatures)

    @classmethod
    def load(cls) -> SignatureLibrary:
        """The packaged signatures; read from disk once a process."""
        return cls(packaged())

    @property
    def signatures(self) -> tuple[Signature, ...]:
        """All of them, in file order."""
        return self._signatures

    def match(self, evidence: Evidence) -> Match | None:
        """The root cause of a failure, or None where no signature is sure of one.

        Every quote in the hypothesis occurs word for word in `evidence`.
        """
        messages = messages_of(evidence)
        parts = (evidence.text, *(f"{d.text} {d.address or ''}" for d in evidence.diagnostics))
        whole = " ".join(" ".join(parts).split()).lower()
        hits = [hit for i, m in enumerate(messages) for hit in self._hits(evidence, i, m, whole)]
        best = max(hits, key=lambda hit: hit.rank, default=None)
        if best is None or (best.signature.priority < _CONSEQUENCE and best.index > 0):
            return None
        return Match(id=best.signature.id, hypothesis=_hypothesis(best))

    def _hits(self, evidence: Evidence, index: int, message: Message, whole: str) -> Iterator[_Hit]:
        for signature in self._signatures:
            if signature.stages and evidence.stage is not None and evidence.stage not in signature.stages:
                continue
            if not (_fields_fit(signature, message) and _words_fit(signature, message, whole)):
                continue
            pattern, capture = signature.shapes
            found = pattern.search(message.text) if pattern else None
            if pattern and found is None:
                continue
            more = capture.search(message.text) if capture else None
            captures = {**_groups(more), **_groups(found)}
            yield _Hit(signature, index, message, captures, _fragment(signature, message, found))


def _fields_fit(signature: Signature, message: Message) -> bool:
    """The structured conditions."""
    check = signature.check.value if signature.check else None
    quoted = message.command and signature.retryable and not signature.command
    if message.check != check or quoted:  # a check and a command may quote any error: what knows none of
        return False  # them speaks of no check, and has no command made again
    if signature.summary and not _one_of(signature.summary, message.headlines):
        return False
    if signature.codes and not _one_of(signature.codes, message.codes):
        return False
    if signature.status and not message.statuses.intersection(signature.status):
        return False
    if signature.file and signature.file not in (message.place or "").replace("\\", "/"):  # of Windows too
        return False
    return message.resource_type.startswith(signature.resource)


def _one_of(wanted: tuple[str, ...], given: Sequence[str] | frozenset[str]) -> bool:
    """Whether one of `given` (in lower case) is wanted; a `*` stands for anything."""
    return any(
        _glob(want).fullmatch(have) is not None if "*" in want else have == want
        for want in wanted
        for have in given
    )


@cache
def _glob(want: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, want.split("*"))), re.DOTALL)


def _words_fit(signature: Signature, message: Message, whole: str) -> bool:
    """The literals: plain substring tests, so that a regex runs only where it can matter."""
    said = message.lower
    return (
        all(_occurs(word, said) for word in signature.has)
        and (not signature.any or any(_occurs(word, said) for word in signature.any))
        and not any(_occurs(word, said) for word in signature.lacks)
        and (not signature.elsewhere or any(_occurs(word, whole) for word in signature.elsewhere))
    )


def _occurs(word: str, text: str) -> bool:
    """Whether a literal occurs; a number alone, not as a part of an id, a time or another number."""
    if word not in text:
        return False
    return not word.isdecimal() or re.search(rf"(?<![\w.]){word}(?!\w|\.\d)", text) is not None


def _groups(found: re.Match[str] | None) -> dict[str, str]:
    """Named groups that took part, short enough for a sentence."""
    if found is None:
        return {}
    return {k: v.strip()[:_LONGEST_CAPTURE] for k, v in found.groupdict().items() if v and v.strip()}


def _fragment(signature: Signature, message: Message, found: re.Match[str] | None) -> str:
    """The words that gave the failure away, as they stand in the message."""
    if found is not None:
        return found.group()
    codes = sorted(code for code in message.codes if signature.codes and _one_of(signature.codes, [code]))
    for word in (*signature.has, *signature.any, *(code.partition(":")[2] for code in codes)):
        if (at := message.lower.find(word)) >= 0:
            end = message.text.find(". ", at + len(word))
            return message.text[at : end + 1 if end > 0 else at + 200].rsplit(" ", 1)[0]
    return ""


def _hypothesis(hit: _Hit) -> Hypothesis:
    signature, message = hit.signature, hit.message
    facts = {
        "address": message.address or "",
        "resource_type": message.resource_type,
        "place": message.place or "",
        "summary": message.raw[0].strip()[:_LONGEST_CAPTURE] if message.raw else "",
        "said": said_of(message, hit.fragment),
        **hit.captures,
    }
    return Hypothesis(
        category=signature.category,
        retryable=signature.retryable,
        root_cause=_filled(signature.root_cause, facts),
        evidence=quotes_of(message, hit.fragment),
        confidence=signature.confidence,
        remediation=_remediation(signature.remediation, facts, message),
    )


def _filled(template: str, facts: dict[str, str]) -> str:
    """`template` with `{name}` or `{name|what to say without it}` replaced."""
    return _PLACEHOLDER.sub(lambda at: facts.get(at.group(1)) or at.group(2) or "", template).strip()


def _remediation(fix: Fix, facts: dict[str, str], message: Message) -> Remediation:
    """The typed remediation, with what the message suggests; a field that nothing filled is left out."""
    summary = _filled(fix.summary, facts)
    if (near := _SUGGESTED.search(message.text)) is not None and near[1] not in summary:
        summary += f' The message suggests "{near[1]}".'
    fields: dict[str, object] = {"kind": fix.kind.value, "summary": summary}
    for name in ("address", "id", "source", "destination", "lock_id", "name"):
        if (template := getattr(fix, name)) and (value := _filled(template, facts)):
            fields[name] = value
    if fix.wait_s is not None:
        fields["wait_s"] = fix.wait_s
    if actions := [value for action in fix.actions if (value := _filled(action, facts))]:
        fields["actions"] = actions
    return _REMEDIATION.validate_python(fields)
