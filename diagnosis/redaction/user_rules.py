"""A user's own secret shapes: a TOML file in gitleaks' form, next to planner's rules.

Decides which rules of such a file can be used and where their secrets are. The
expressions are Go's, so RE2 reads them, in linear time whatever they say; it is
an extra of the package, for most have no such file. What a file calls entropy
is not looked at: randomness alone is no secret here. Nor are paths and commits,
for a text here has none: what is allowed because of one is not allowed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.errors import SettingsError
from diagnosis.redaction.view import BARRIER, Span

Finder = Callable[[str, str], Iterator[Span]]
"""Text and the same in lower case → where secrets are."""

_MOST_BYTES = 1 << 20
_LINE_AROUND = 1024
"""Characters on each side of a secret that count as its line: a long one may hold many secrets."""
_HALF = re.compile("[\ud800-\udfff]")
"""Half of a character beyond the first plane, as JSON escapes it: RE2 cannot be given one."""
_PIECE = re.compile(f"[^{BARRIER}]+")


class _Allow(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    condition: Literal["OR", "AND", "||", "&&", ""] = "OR"
    regex_target: Literal["secret", "match", "line", ""] = Field(default="", alias="regexTarget")
    regexes: tuple[str, ...] = ()
    stopwords: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    commits: tuple[str, ...] = ()
    target_rules: tuple[str, ...] = Field(default=(), alias="targetRules")


class _Rule(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    id: str
    regex: str = ""
    secret_group: int = Field(default=0, alias="secretGroup", ge=0)
    keywords: tuple[str, ...] = ()
    allowlist: _Allow | None = None
    allowlists: tuple[_Allow, ...] = ()


class _Extend(BaseModel):
    model_config = ConfigDict(extra="ignore")

    path: str = ""


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore")

    extend: _Extend = _Extend()
    rules: tuple[_Rule, ...] = ()
    allowlist: _Allow | None = None
    allowlists: tuple[_Allow, ...] = ()


class _Allowed:
    """One allowlist, ready to be asked."""

    def __init__(self, path: Path, name: str, said: _Allow) -> None:
        self._target = said.regex_target
        self._patterns = [_compiled(path, name, one) for one in said.regexes]
        self._stopwords = tuple(word.lower() for word in said.stopwords)
        self._all = said.condition in {"AND", "&&"}
        self._never = self._all and bool(said.paths or said.commits)

    def holds(self, text: str, match: Span, secret: Span) -> bool:
        """Whether what was found is no secret."""
        if self._never:
            return False
        value = text[slice(*secret)]
        lower = value.lower()
        told = []
        if self._stopwords:
            told.append(any(word in lower for word in self._stopwords))
        if self._patterns:
            seen = _line(text, match) if self._target == "line" else text[slice(*match)]
            seen = seen if self._target in {"line", "match"} else value
            told.append(any(pattern.search(seen) for pattern in self._patterns))
        return bool(told) and (all(told) if self._all else any(told))


class _Shape:
    """One rule, ready to be tried."""

    def __init__(self, path: Path, rule: _Rule, everywhere: tuple[_Allow, ...]) -> None:
        self._pattern = _compiled(path, rule.id, rule.regex)
        if rule.secret_group > self._pattern.groups:
            raise _refused(path, rule.id, f"its expression has no group {rule.secret_group}")
        self._group = rule.secret_group or (1 if self._pattern.groups else 0)
        self._keywords = tuple(word.lower() for word in rule.keywords)
        meant = [allow for allow in everywhere if not allow.target_rules or rule.id in allow.target_rules]
        own = (*meant, *rule.allowlists, *((rule.allowlist,) if rule.allowlist else ()))
        self._allowed = [_Allowed(path, rule.id, allow) for allow in own]

    def find(self, text: str, folded: str) -> Iterator[Span]:
        """Where its secrets are; what is masked already is left as it is."""
        if self._keywords and not any(word in folded for word in self._keywords):
            return
        for found in self._pattern.finditer(text):
            secret = found.span(self._group if found.group(self._group) else 0)
            if not any(allowed.holds(text, found.span(), secret) for allowed in self._allowed):
                yield from (piece.span() for piece in _PIECE.finditer(text, *secret))


def _line(text: str, match: Span) -> str:
    """The line that a match stands in, or as much of it as counts."""
    start, end = max(0, match[0] - _LINE_AROUND), match[1] + _LINE_AROUND
    before = text[start : match[0]].rpartition("\n")[2]
    return before + text[slice(*match)] + text[match[1] : end].partition("\n")[0]


def user_rules(path: Path) -> Finder:
    """The finder for a file's rules. Raises `SettingsError` where one of them cannot be used."""
    try:
        raw = path.read_bytes()
        if len(raw) > _MOST_BYTES:
            raise SettingsError(f"{path} is larger than 1 MiB", remedy="keep the rules that you need")
        file = _File.model_validate(tomllib.loads(raw.decode("utf-8")))
    except ValidationError as error:
        raise _unreadable(path, _first(error)) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _unreadable(path, str(error)) from error
    if file.extend.path:
        raise SettingsError(
            f"{path} extends {file.extend.path}, and the rules of a second file are not read",
            remedy="copy the rules of both into one file",
        )
    everywhere = (*file.allowlists, *((file.allowlist,) if file.allowlist else ()))
    # A rule without an expression looks at file names, and there are none here.
    shapes = [_Shape(path, rule, everywhere) for rule in file.rules if rule.regex]

    def find(text: str, folded: str) -> Iterator[Span]:
        whole = text if text.isascii() else _HALF.sub("\ufffd", text)
        for shape in shapes:
            yield from shape.find(whole, folded)

    return find


def _compiled(path: Path, name: str, said: str) -> Any:
    """One expression. Raises `SettingsError`."""
    try:
        import re2  # noqa: PLC0415 - an extra of the package
    except ImportError as error:
        raise SettingsError(
            f"{path} needs RE2, which is not installed", remedy="pip install google-re2"
        ) from error
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(said, options)
    except re2.error as error:
        why = error.args[0] if error.args else error
        why = why.decode(errors="replace") if isinstance(why, bytes) else why
        raise _refused(path, name, f"RE2 cannot read its expression ({why})") from error


def _refused(path: Path, name: str, why: str) -> SettingsError:
    return SettingsError(f"{path}: rule {name}: {why}", remedy="write the rule otherwise, or take it out")


def _unreadable(path: Path, why: str) -> SettingsError:
    return SettingsError(
        f"the redaction rules in {path} cannot be read: {why}",
        remedy="mend the file, or unset PLANNER_REDACTION_RULES",
    )


def _first(error: ValidationError) -> str:
    """What is wrong and where: `rules.2.id: Field required`."""
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
