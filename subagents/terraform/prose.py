"""What Terraform prints for people, read into diagnostics.

Decides where one message begins and ends, whatever frames it: the box of 0.15
and later, the plain layout of 0.12 to 0.14, the bullets of 0.11 and before.
Leaves to others: what CI systems and logs put around its lines
(`prose_lines.py`), `-json` streams (`stream.py`) and what a message means.
Pure, linear in the length of the text, and total: any text is some answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from contracts.diagnostic import Diagnostic, Severity, Snippet, SnippetValue, SourceRange
from subagents.terraform.prose_lines import LONGEST_LINE, lines_of
from subagents.terraform.prose_values import without_values
from subagents.terraform.validate_json import answered

_LONGEST_HEADER = 400
_BOX = re.compile(r"\s*[│┃|](?: |$)")
_BOX_EDGE = re.compile(r"\s*[╷╵]\s*")
_START = re.compile(r"\s*(?:\d{1,3}[.)]\s{1,4})?\**(Error|Warning): (.*)")  # numbered where people list them
_BULLET = re.compile(r"\s{0,4}\* (?=\S)(.*)")
_COUNT = re.compile(r"(?:.*\s)?\d+ errors?(?:\(s\))? occurred:?")
_TOLD = re.compile(r"(?!Error (?:applying|running) plan)(\S.{0,200}?): \d+ errors?(?:\(s\))? occurred:?$")
_HEADER = re.compile(r"Error (?:applying plan|refreshing state|running plan|asking for user input)\b.*")
_BULLET_ADDRESS = re.compile(
    r"((?:module\.[\w-]{1,200}(?:\[[^\]]{0,200}\])?\.)*"
    r"(?:data\.[a-z][\w-]{0,200}|[a-z][a-z0-9]*_[\w-]{1,200})\.[\w-]{1,200}"
    r"(?:\[[^\]]{0,200}\]|\.\d{1,9})?)(?: \([a-z #0-9]{1,40}\))?:\s+"
)
_BULLET_SCOPE = re.compile(r"(?:module\.[\w.-]{1,300}|provider\.[\w.-]{1,200}):\s+")
_WITH = re.compile(r"\s*with ([^\s,]{1,1000}(?: [^,]{1,200})?),\s*")
_ON = re.compile(r"\s*[Oo]n (\S.{0,1000}?) line (\d{1,9})(?:, in ([^:]{1,1000}))?:(.*)")
_CODE = re.compile(r"\s*(\d{1,9}):(?: (.*))?$")
_VALUES = re.compile(r"\s*(?:├─{4,}|\|-{4,})")
_VALUE = re.compile(r"\s*[│|] (\S.{0,500}?) ((?:is|will be) .{1,2000})")
_PROGRESS = re.compile(
    r"\S{3,500}: (?:Still )?(?:Creat|Destroy|Destruct|Modif|Modification|Read|Refresh|Provision|Import)\w*"
    r"(?:ing\.\.\.|ing state\.\.\.| complete after| complete\b)"
)
_AFTER = re.compile(
    r"(?:Terraform does not automatically rollback|Releasing state lock|ERRO\[\d|##\[|exit status \d+$"
    r"|Operation failed:|time=|\$ |make(?:\[\d+\])?: \*\*\*|Process completed with exit code"
    r"|Error: Process completed with exit code|ERROR: Job failed|script returned exit code)"
)


@dataclass(slots=True)
class _Open:
    """A message whose end has not been seen."""

    severity: Severity
    boxed: bool
    bullet: bool = False
    head: str = ""
    """What was being done, where the header that counts the bullets says so."""
    lines: list[str] = field(default_factory=list)


def diagnostics_of(text: str) -> tuple[tuple[Diagnostic, ...], str]:
    """The diagnostics in `text`, in the order printed, and the lines that belong to none.

    Accepts any text. A header that only counts the errors below it (`2 errors
    occurred:` of 0.11) is no diagnostic; each bullet under it is one. An
    address comes from a `with …,` line or a bullet's prefix. In the rest the
    frames, the prefixes of CI systems and the values of plans and outputs are gone. An answer of
    `validate -json` in it comes first.
    """
    answer, text = answered(text)
    reader = _Reader()
    for line in without_values(lines_of(text)):
        reader.take(line)
    reader.close()
    return (*answer, *reader.found), "\n".join(reader.rest).strip("\n")


class _Reader:
    """Walks the lines once; each goes to the open message or to the rest."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []
        self.rest: list[str] = []
        self._open: _Open | None = None

    def take(self, line: str) -> None:
        """One more line, whatever it is."""
        if len(line) > LONGEST_LINE:
            self._plain(line)
            return
        if _BOX_EDGE.fullmatch(line):
            self.close()
            return
        box = _BOX.match(line)
        if line.startswith("│") and self._open is not None and not self._open.boxed:
            self._open.boxed = True  # the frame of a first line was lost on the way
        body = line[box.end() :] if box else line
        if start := _START.fullmatch(body):
            self._begin(start, boxed=box is not None)
        elif box is None and self._open is not None and self._open.boxed:
            self.close()
            self._plain(line)
        elif box is not None and self._open is not None and not self._open.boxed:
            self._plain(line)  # the bar of a value in the plain layout, not a frame
        else:
            self._plain(body)

    def close(self) -> None:
        """The open message, if there is one, ends here."""
        message, self._open = self._open, None
        if message is None:
            return
        diagnostic = _diagnostic(message)
        folded = " ".join(diagnostic.text[: 2 * _LONGEST_HEADER].split())
        if _COUNT.fullmatch(folded) or (_HEADER.fullmatch(folded) and folded.endswith(("plan:", "state:"))):
            return
        self.found.append(diagnostic)

    def _begin(self, start: re.Match[str], *, boxed: bool) -> None:
        if _AFTER.match(start.group().strip()):
            self.close()
            self.rest.append(start.group().strip())
            return
        self.close()
        self._open = _Open(Severity(start.group(1).lower()), boxed, lines=[start.group(2)])

    def _plain(self, line: str) -> None:
        """A line without a start of its own: part of the open message, a bullet, or the rest."""
        if (bullet := _BULLET.fullmatch(line)) and self._splits():
            head = self._head()
            self.close()
            self._open = _Open(Severity.ERROR, boxed=False, bullet=True, head=head, lines=[bullet.group(1)])
        elif self._open is None or (not self._open.boxed and _PROGRESS.match(line)):
            self.rest.append(line)
        elif not self._open.boxed and _AFTER.match(line):
            self.close()
            self.rest.append(line)
        else:
            self._open.lines.append(line)

    def _head(self) -> str:
        """What the header above a bullet tells beside the number of bullets; the next ones share it."""
        if self._open is None or self._open.bullet:
            return self._open.head if self._open else ""
        _, lines = _unprefixed(self._open.lines[:4])
        told = _TOLD.match(" ".join(" ".join(line[:_LONGEST_HEADER] for line in lines).split()))
        return told.group(1) if told else ""

    def _splits(self) -> bool:
        """Whether a bullet here is a message of its own: not inside a provider's own list."""
        if self._open is None or self._open.bullet:
            return True
        head = " ".join(" ".join(line[:_LONGEST_HEADER] for line in self._open.lines[:4]).split())
        return bool(_HEADER.match(head) or _COUNT.fullmatch(head))


def _unprefixed(lines: list[str]) -> tuple[str | None, list[str]]:
    """The address before a bullet's message (`module.a.aws_x.y: aws_x.y: …`, maybe wrapped), and the rest."""
    body, address = "\n".join(lines), None
    for _ in range(8):  # as deep as 0.11 repeats them; a bound keeps hostile text linear
        found = _BULLET_ADDRESS.match(body) or _BULLET_SCOPE.match(body)
        if not found:
            break
        if address is None and found.re is _BULLET_ADDRESS:
            address = found.group(1)
        body = body[found.end() :]
    return address, body.split("\n")


def _diagnostic(message: _Open) -> Diagnostic:
    """The lines of one message, sorted into the fields of a diagnostic."""
    address, lines = _unprefixed(message.lines) if message.bullet else (None, message.lines)
    place, detail = _Place(), list[str]()
    for line in lines[1:]:
        if len(line) > LONGEST_LINE:
            detail.append(line)
        elif with_ := _WITH.fullmatch(line):
            address = address or with_.group(1)
        elif not place.take(line):
            detail.append(line)
    return Diagnostic(
        severity=message.severity,
        summary=f"{message.head}: {lines[0].strip()}" if message.head else lines[0].strip(),
        detail=_dedented(detail),
        address=address,
        range=place.range,
        snippet=place.snippet,
    )


class _Place:
    """Where a message points: the `on … line …` line and what stands below it."""

    def __init__(self) -> None:
        self.range: SourceRange | None = None
        self._context: str | None = None
        self._code: list[str] = []
        self._first = 0
        self._values: list[SnippetValue] = []
        self._in_values = False

    def take(self, line: str) -> bool:
        """Whether the line was part of the place."""
        if self.range is None:
            return self._header(line)
        if _VALUES.match(line):
            self._in_values = True
        elif self._in_values and (value := _VALUE.fullmatch(line)):
            self._values.append(SnippetValue(traversal=value.group(1), statement=value.group(2)))
        elif not self._in_values and (code := _CODE.fullmatch(line)):
            self._first = self._first or int(code.group(1))
            self._code.append(code.group(2) or "")
        else:
            return False
        return True

    def _header(self, line: str) -> bool:
        found = _ON.fullmatch(line)
        if not found or found.group(4).strip():  # a sentence that goes on is no place
            return False
        at = int(found.group(2))
        self.range = SourceRange(filename=found.group(1), start_line=at, end_line=at)
        self._context = found.group(3)
        return True

    @property
    def snippet(self) -> Snippet | None:
        """The quoted configuration; None where none was quoted."""
        if not self._code and self._context is None:
            return None
        code = "\n".join(self._code)
        return Snippet(context=self._context, code=code, start_line=self._first, values=tuple(self._values))


def _dedented(lines: list[str]) -> str:
    """`lines` as one text without the blank lines and spaces around it."""
    return "\n".join(line.rstrip() for line in lines).strip("\n ").strip()
