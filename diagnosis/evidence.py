"""One failure, made fit to be looked at: redacted, collapsed, capped.

Decides the order, what is said only once and how much is kept. Leaves to
others: what is secret (the `redact` it is given) and what the failure means.
Pure. Redaction comes before every cut: half a secret is not recognised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from contracts.context import ConfigBlock, Context, ModuleFacts
from contracts.diagnostic import Diagnostic, Severity, Snippet, SnippetValue, SourceRange
from contracts.incident import Evidence, Stage
from contracts.text import cap, clean
from contracts.validation import CheckResult
from diagnosis.fingerprint import general

MOST_CHARACTERS = 16_000
"""Of all diagnostics together; the text outside them has half of it again."""
MOST_IN_ONE = 6_000
"""Of one diagnostic's detail, so that one message cannot crowd out the others."""
MOST_IN_A_LINE = 2_000
_NOTE = 60  # room for the note that `cap` leaves
_MOST_ECHOES = 20
_MOST_BLOCKS = 12
_MOST_IN_BLOCK = 2_000
_MOST_NAMES = 100
_MOST_ATTEMPTS = 10
_LAST_KEPT = 2  # of the errors, so that the tail of a long list survives
_ORDER = {Severity.ERROR: 0, Severity.UNKNOWN: 1, Severity.WARNING: 2}


def evidence_of(
    *,
    stage: Stage | None,
    diagnostics: Iterable[Diagnostic],
    failed_checks: Iterable[CheckResult],
    text: str,
    engine: str,
    redact: Callable[[str], str],
    context: Context | None = None,
) -> Evidence:
    """What a diagnosis may look at: errors first, then the rest, each in the order given.

    Errors that say the same of other places are one failure with many marks:
    the first is kept, `echoes` tells where the others are. Where the cap leaves
    some out, the first error and the last ones stay and `omitted` counts the
    others; a cut inside a text is noted where it was made. Checks that passed
    are dropped.
    """
    once = list(dict.fromkeys(_redacted(diagnostic, redact) for diagnostic in diagnostics))
    once.sort(key=lambda diagnostic: _ORDER[diagnostic.severity])
    causes, echoes = _collapsed(once)
    kept = _within(causes)
    return Evidence(
        stage=stage,
        diagnostics=tuple(kept),
        failed_checks=tuple(
            CheckResult(
                name=_short(redact(check.name), 300),
                kind=check.kind,
                passed=False,
                detail=_short(redact(check.detail)),
            )
            for check in failed_checks
            if not check.passed
        )[:50],
        text=_short(redact(clean(text)), MOST_CHARACTERS // 2),
        engine=_short(redact(engine), 100),
        omitted=len(causes) - len(kept),
        echoes=tuple(echoes[:_MOST_ECHOES]),
        context=_context(context or Context(), redact),
    )


def _collapsed(diagnostics: list[Diagnostic]) -> tuple[list[Diagnostic], list[str]]:
    """The first diagnostic of each message, and the addresses of the others of its kind.

    Only what has an address is an echo: it says which object, and the rest is
    the same. Without one, the names in the message may be all that matters.
    """
    seen: set[tuple[Severity, str]] = set()
    causes: list[Diagnostic] = []
    echoes: list[str] = []
    for diagnostic in diagnostics:
        message = (diagnostic.severity, general(diagnostic.text))
        if diagnostic.address and message in seen:
            echoes.append(diagnostic.address)
            continue
        causes.append(diagnostic)
        if diagnostic.address:
            seen.add(message)
    return causes, list(dict.fromkeys(echoes))


def _context(context: Context, redact: Callable[[str], str]) -> Context:
    """The same context, redacted and cut."""
    module = context.module
    return Context(
        module=ModuleFacts(
            blocks=tuple(
                ConfigBlock(
                    file=_short(redact(block.file), 300),
                    start_line=block.start_line,
                    code=_short(redact(block.code), _MOST_IN_BLOCK),
                )
                for block in module.blocks[:_MOST_BLOCKS]
            ),
            variables=tuple(redact(name) for name in module.variables[:_MOST_NAMES]),
            providers=tuple(_short(redact(name), 200) for name in module.providers[:_MOST_NAMES]),
        ),
        changes=tuple(_short(redact(change), 300) for change in context.changes[:_MOST_NAMES]),
        attempts=tuple(_short(redact(attempt), 500) for attempt in context.attempts[-_MOST_ATTEMPTS:]),
    )


def _within(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """Those the cap has room for: the first, the last errors, then as many of the others as fit."""
    errors = [i for i, d in enumerate(diagnostics) if d.severity is not Severity.WARNING]
    tail = errors[1:][-_LAST_KEPT:]
    preferred = dict.fromkeys([*errors[:1], *tail, *range(len(diagnostics))])
    room, kept = MOST_CHARACTERS, set[int]()
    for i in preferred:
        size = _size(diagnostics[i])
        if size <= room or not kept:
            kept.add(i)
            room -= size
    return [diagnostics[i] for i in sorted(kept)]


def _size(diagnostic: Diagnostic) -> int:
    snippet = diagnostic.snippet
    values = sum(len(v.traversal) + len(v.statement) for v in snippet.values) if snippet else 0
    return (
        len(diagnostic.text)
        + len(diagnostic.address or "")
        + (len(diagnostic.range.filename) if diagnostic.range else 0)
        + (len(snippet.code) + len(snippet.context or "") + values if snippet else 0)
    )


def _redacted(diagnostic: Diagnostic, redact: Callable[[str], str]) -> Diagnostic:
    """The same diagnostic with every text redacted and cut."""
    place, snippet = diagnostic.range, diagnostic.snippet
    return Diagnostic(
        severity=diagnostic.severity,
        summary=_short(redact(diagnostic.summary), MOST_IN_A_LINE),
        detail=_short(redact(diagnostic.detail)),
        address=_short(redact(diagnostic.address), 500) if diagnostic.address else None,
        range=place
        and SourceRange(
            filename=_short(redact(place.filename), 500),
            start_line=place.start_line,
            end_line=place.end_line,
        ),
        snippet=snippet
        and Snippet(
            context=_short(redact(snippet.context), 300) if snippet.context else None,
            code=_short(redact(snippet.code), 1_000),
            start_line=snippet.start_line,
            values=tuple(
                SnippetValue(
                    traversal=_short(redact(value.traversal), 200),
                    # Whether a value is a secret is told by the name before it.
                    statement=_short(
                        redact(f"{value.traversal} {value.statement}").removeprefix(f"{value.traversal} "),
                        300,
                    ),
                )
                for value in snippet.values[:10]
            ),
        ),
    )


def _short(text: str, limit: int = MOST_IN_ONE) -> str:
    """`text` with no line over its cap and no more than `limit` characters."""
    if len(text) <= MOST_IN_A_LINE and len(text) <= limit:
        return text
    lines = (_cut(line, MOST_IN_A_LINE) for line in text.split("\n"))
    return _cut("\n".join(lines), limit)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else cap(text, limit - _NOTE)
