"""Terraform's own diagnostic shape, as its `-json` views print it.

Source: terraform `internal/command/views/json/diagnostic.go` (UI version 1.2).
Lines are one-based, bytes zero-based; a range includes its start and excludes
its end; a range without a snippet is possible. Unknown severities survive.
"""

from __future__ import annotations

from enum import StrEnum

from contracts.base import Contract
from contracts.text import CleanText


class Severity(StrEnum):
    """How bad a diagnostic is; a value Terraform adds later becomes UNKNOWN."""

    ERROR = "error"
    WARNING = "warning"
    UNKNOWN = "unknown"


class SourceRange(Contract):
    """Where in the configuration a diagnostic points."""

    filename: CleanText
    """As Terraform prints it: relative to the module where it lies inside it."""
    start_line: int
    """One-based."""
    end_line: int
    """One-based; the line on which the range ends."""


class SnippetValue(Contract):
    """The value an expression had when the diagnostic was made."""

    traversal: CleanText
    """The expression, such as `var.size`."""
    statement: CleanText
    """What Terraform says of it, such as `is a string`."""


class Snippet(Contract):
    """The lines of configuration Terraform quotes."""

    context: CleanText | None = None
    """The enclosing block's header, such as `resource "aws_instance" "web"`."""
    code: CleanText = ""
    start_line: int = 0
    """One-based line of the first line of `code`."""
    values: tuple[SnippetValue, ...] = ()


class Diagnostic(Contract, defer_build=False):
    """One message of Terraform."""

    severity: Severity
    summary: CleanText
    """One line; empty where the provider gave none."""
    detail: CleanText = ""
    address: CleanText | None = None
    """The resource instance concerned, such as `module.a.aws_s3_bucket.b[0]`."""
    range: SourceRange | None = None
    snippet: Snippet | None = None

    @property
    def text(self) -> str:
        """Summary and detail as one text, for matching."""
        return f"{self.summary}\n\n{self.detail}" if self.detail else self.summary
