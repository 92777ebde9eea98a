"""A user's own secret shapes: a TOML file in gitleaks' form, next to planner's rules.

Decides which rules of such a file can be used and where their secrets are. The
expressions are Go's, so RE2 reads them, in linear time whatever they say; it is
an extra of the package, for most have no such file. What a file calls entropy
is not looked at: randomness alone is no secret here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.errors import SettingsError
from diagnosis.redaction.view import Span

Finder = Callable[[str, str], Iterator[Span]]
"""Text and the same in lower case → where secrets are."""

_MOST_BYTES = 1 << 20


class _Allow(BaseModel):
    model_config = ConfigDict(extra="ignore")

    regexes: tuple[str, ...] = ()
    stopwords: tuple[str, ...] = ()


class _Rule(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    id: str
    regex: str = ""
    secret_group: int = Field(default=0, alias="secretGroup", ge=0)
    keywords: tuple[str, ...] = ()
    allowlist: _Allow | None = None
    allowlists: tuple[_Allow, ...] = ()


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore")

    rules: tuple[_Rule, ...] = ()
    allowlist: _Allow | None = None
    allowlists: tuple[_Allow, ...] = ()


class _Shape:
    """One rule, ready to be tried."""

    def __init__(self, path: Path, rule: _Rule, everywhere: tuple[_Allow, ...]) -> None:
        self._pattern = _compiled(path, rule.id, rule.regex)
        if rule.secret_group > self._pattern.groups:
            raise _refused(path, rule.id, f"its expression has no group {rule.secret_group}")
        self._group = rule.secret_group or (1 if self._pattern.groups else 0)
        self._keywords = tuple(word.lower() for word in rule.keywords)
        own = (*everywhere, *rule.allowlists, *((rule.allowlist,) if rule.allowlist else ()))
        self._allowed = tuple(_compiled(path, rule.id, said) for allow in own for said in allow.regexes)
        self._stopwords = tuple(word.lower() for allow in own for word in allow.stopwords)

    def find(self, text: str, folded: str) -> Iterator[Span]:
        """Where its secrets are."""
        if self._keywords and not any(word in folded for word in self._keywords):
            return
        for found in self._pattern.finditer(text):
            group = self._group if found.group(self._group) else 0
            if found.group(group) and not self._is_allowed(found.group(group)):
                yield found.span(group)

    def _is_allowed(self, secret: str) -> bool:
        lower = secret.lower()
        return any(word in lower for word in self._stopwords) or any(p.search(secret) for p in self._allowed)


def user_rules(path: Path) -> Finder:
    """The finder for a file's rules. Raises `SettingsError` where one of them cannot be used."""
    try:
        raw = path.read_bytes()
        if len(raw) > _MOST_BYTES:
            raise SettingsError(f"{path} is larger than 1 MiB", remedy="keep the rules that you need")
        file = _File.model_validate(tomllib.loads(raw.decode("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        what = str(error).splitlines()[0]
        raise SettingsError(
            f"the redaction rules in {path} cannot be read: {what}",
            remedy="mend the file, or unset PLANNER_REDACTION_RULES",
        ) from error
    everywhere = (*file.allowlists, *((file.allowlist,) if file.allowlist else ()))
    # A rule without an expression looks at file names, and there are none here.
    shapes = [_Shape(path, rule, everywhere) for rule in file.rules if rule.regex]

    def find(text: str, folded: str) -> Iterator[Span]:
        for shape in shapes:
            yield from shape.find(text, folded)

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
        raise _refused(path, name, f"RE2 cannot read its expression ({error})") from error


def _refused(path: Path, name: str, why: str) -> SettingsError:
    return SettingsError(f"{path}: rule {name}: {why}", remedy="write the rule otherwise, or take it out")
