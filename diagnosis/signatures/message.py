"""One failure's evidence as the messages that signatures are matched against.

Decides what counts as one message and which structured fields it has. Leaves
to others: how evidence was made, and what a message means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from contracts.diagnostic import Diagnostic, Severity
from contracts.incident import Evidence
from diagnosis.signatures.codes import codes_of, statuses_of

_BLOCK = re.compile(r"(resource|data|ephemeral|module|provider|variable|output) \"([^\"]{1,200})\"")
_TYPE = re.compile(r"(?:^|\.)([a-z][a-z0-9]*_\w{1,200})\.[\w-]")


@dataclass(frozen=True, slots=True)
class Message:
    """One error, one failed check, or the text outside both."""

    raw: tuple[str, ...]
    """Its parts word for word as the evidence holds them; quotes are taken from here."""
    text: str
    """The parts joined, every run of white space made one space (undoes Terraform's wrapping)."""
    lower: str
    """`text` in lower case."""
    summary: str | None
    """The summary in lower case without its final stops; None where the message has none."""
    codes: frozenset[str]
    """See `codes_of`."""
    statuses: frozenset[int]
    check: str | None = None
    """The kind of a failed check."""
    address: str | None = None
    resource_type: str = ""
    place: str | None = None
    """`FILE line N`."""

    @property
    def headlines(self) -> tuple[str, ...]:
        """The summary, and what stands before its colon: some print all of an error in one line."""
        summary = self.summary or ""
        return (summary, summary.partition(": ")[0])

    @property
    def command(self) -> bool:
        """Whether it tells of a command that a provisioner ran, with what that printed."""
        return (self.summary or "").endswith("provisioner error") or "error running command '" in self.lower


def messages_of(evidence: Evidence) -> tuple[Message, ...]:
    """Errors in order, then failed checks, then the text outside them; warnings are not matched."""
    found = [_from_diagnostic(d) for d in evidence.diagnostics if d.severity is not Severity.WARNING]
    found += [_message((c.name, c.detail), check=c.kind.value) for c in evidence.failed_checks]
    if evidence.text.strip():
        found.append(_message((evidence.text,)))
    return tuple(found)


def _from_diagnostic(diagnostic: Diagnostic) -> Message:
    snippet = diagnostic.snippet
    context = snippet.context if snippet else None
    values = [f"{v.traversal} {v.statement}" for v in snippet.values] if snippet else []
    block = _BLOCK.match(context or "")
    named = _TYPE.search(diagnostic.address or "")
    return _message(
        (diagnostic.summary, diagnostic.detail, *values),
        summary=diagnostic.summary,
        address=diagnostic.address,
        resource_type=named.group(1) if named else (block.group(2) if block else ""),
        place=f"{diagnostic.range.filename} line {diagnostic.range.start_line}" if diagnostic.range else None,
    )


def _message(
    raw: tuple[str, ...],
    *,
    summary: str | None = None,
    check: str | None = None,
    address: str | None = None,
    resource_type: str = "",
    place: str | None = None,
) -> Message:
    text = " ".join(" ".join(raw).split())
    framed = f"{resource_type} {text}".strip()  # whose code it is may only show in the resource's type
    return Message(
        raw=tuple(part for part in raw if part.strip()),
        text=text,
        lower=text.lower(),
        summary=None if summary is None else " ".join(summary.split()).lower().rstrip(".:!"),
        codes=codes_of(framed),
        statuses=statuses_of(text),
        check=check,
        address=address,
        resource_type=resource_type,
        place=place,
    )


def quotes_of(message: Message, fragment: str) -> tuple[str, ...]:
    """Word for word: the first line, and where `fragment` stands elsewhere, the paragraph it begins in."""
    head = message.raw[0].strip().split("\n", 1)[0].strip()[:_LONGEST_QUOTE]
    quotes = [head]
    words = fragment[:_LONGEST_QUOTE].split()
    if words:
        shape = re.compile(r"\s+".join(map(re.escape, words)), re.IGNORECASE)
        found = next((hit.group() for part in message.raw if (hit := shape.search(part))), "")
        first = _PARAGRAPHS.split(found)[0]
        if found and found not in head:
            quotes.append(found if first in head else first)
    if last := _said_last(message):
        more = [quote for quote in quotes[1:] if not _STATUS.search(quote) and quote not in last]
        quotes = [head, *more, *([] if any(last in quote for quote in more) else [last])]
    return tuple(quote for quote in quotes if quote)


def _said_last(message: Message) -> str:
    """The last words of a command that a provisioner ran: there it tells what stopped it, if anywhere."""
    _, told, output = (message.raw[1] if len(message.raw) > 1 else "").rpartition("Output: ")
    lines = output.strip().splitlines() if message.command and told else []
    return lines[-1].strip()[:_LONGEST_QUOTE] if lines else ""


_LONGEST_QUOTE = 300
_PARAGRAPHS = re.compile(r"\n\s*\n")
_STATUS = re.compile(r"(?:exit status|exited with status)(?: \d+)?\.?\Z")
