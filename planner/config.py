"""`planner.yaml` → `ModuleSettings`, with the key and the line of every mistake.

Parse, don't validate: what this returns may be used without another look.
Which file is read, and what flags override, is decided in `planner.request`; how a mistake is
worded, in `planner.config_mistakes`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from contracts.errors import SettingsError
from contracts.settings import ModuleSettings
from contracts.validation import HealthCheck, HttpProbe, TcpProbe
from planner.config_mistakes import at, line_of, mistake, place_of
from planner.profiles import BUILT_IN

_CAP_BYTES = 1 << 20
_SHOWN = 5


class _Loader(yaml.SafeLoader):
    """Refuses aliases: settings need none, and a few lines of them stand for more than anybody can read."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            alias = self.peek_event()  # type: ignore[no-untyped-call]
            problem = f"*{alias.anchor} is an alias: write out what it stands for"
            raise yaml.composer.ComposerError(None, None, problem, alias.start_mark)
        return super().compose_node(parent, index)


def settings_of(path: Path) -> ModuleSettings:
    """The settings a file holds. Raises `SettingsError`."""
    try:
        if path.exists() and not path.is_file():  # a pipe would never end
            raise SettingsError(f"{path} is no plain file", remedy="name another --config")
        raw = path.read_bytes()
        text = raw.decode("utf-8")
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read: {error.strerror}", remedy="name another --config"
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 text", remedy="save it as UTF-8") from error
    if len(raw) > _CAP_BYTES:
        raise SettingsError(f"{path} is larger than 1 MiB", remedy="name another --config")
    try:
        root = yaml.compose(text, Loader=_Loader)
        _refuse_duplicates(path, root)
        value = yaml.safe_load(text)
        # half a letter can be escaped in YAML, and shown nowhere
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except (yaml.YAMLError, RecursionError, ValueError, TypeError) as error:
        raise SettingsError(f"{path}{_where(error)}", remedy="mend the YAML there") from error
    try:
        settings = ModuleSettings.model_validate({} if value is None else value)
    except ValidationError as error:
        mistakes = [mistake(path, root, detail) for detail in _in_order(root, error)]
        raise _refused(mistakes) from error
    if mistakes := [at(path, place_of(root, where), what) for where, what in _beyond_shape(settings)]:
        raise _refused(mistakes)
    return settings


def _in_order(root: yaml.Node | None, error: ValidationError) -> list[ErrorDetails]:
    """As they stand in the file."""
    return sorted(error.errors(), key=lambda detail: line_of(root, detail))


def _refused(mistakes: list[str]) -> SettingsError:
    shown = "\n  ".join(mistakes[:_SHOWN])
    return SettingsError(shown, remedy="mend it there; docs/settings.md has every key")


def _beyond_shape(settings: ModuleSettings) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """What would come to light only after an apply, or at a run: where it stands, and what is wrong.

    The contracts do not refuse it, for runs of yesterday were begun with it.
    """
    profiles = sorted({*BUILT_IN, *settings.profiles})
    if settings.profile is not None and settings.profile not in profiles:
        known = ", ".join(profiles)
        yield (
            ("profile",),
            f"there is no profile {settings.profile!r}; there are {known}, or define it under profiles",
        )
    for name in ("timeout", "apply_timeout"):
        if not getattr(settings.limits, name):
            yield ("limits", name), "leaves no time for anything"
    for place, output in enumerate(settings.checks.outputs):
        try:
            re.compile(output.matches or "")
        except (re.error, OverflowError, RecursionError) as error:
            yield ("checks", "outputs", place, "matches"), f"is no regular expression: {error}"
    yield from _of_health(settings.checks.health)


def _of_health(probes: Sequence[HealthCheck]) -> Iterator[tuple[tuple[int | str, ...], str]]:
    for place, probe in enumerate(probes):
        if isinstance(probe, HttpProbe) and not _is_url(probe.http):
            what = "should be a URL that begins with http:// or https://"
            yield ("checks", "health", place, "http", "http"), what
        if isinstance(probe, TcpProbe) and not _is_address(probe.tcp):
            yield ("checks", "health", place, "tcp", "tcp"), "should be HOST:PORT or [IPV6]:PORT"


def _where(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f", line {mark.line + 1}: {problem}" if mark else f": {problem}"


def _refuse_duplicates(path: Path, node: yaml.Node | None) -> None:
    """YAML takes the last of two equal keys in silence; a person meant one of them."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_duplicates(path, item)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if str(key.value) in seen:
                raise SettingsError(
                    f"{path}, line {key.start_mark.line + 1}: {key.value}: the key stands here twice",
                    remedy="keep one of them",
                )
            seen.add(str(key.value))
            _refuse_duplicates(path, value)


def _is_address(target: str) -> bool:
    from subagents.validator.probes import address_of  # noqa: PLC0415 - most modules have no health check: no HTTP client

    return address_of(target) is not None


def _is_url(said: str) -> bool:
    from subagents.validator.probes import is_http_url  # noqa: PLC0415 - as above

    return is_http_url(said)
