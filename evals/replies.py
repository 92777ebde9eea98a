"""What is kept of a model's reply, and by which key it is found again.

    FOLDER/PROVIDER/MODEL/KEY.json

Decides what of a request is the question and what is chance, and the form of
the files. A token, a folder or a port differs from run to run: it is levelled
in what is kept, and put back as the asking run has it when the reply is played,
so that a quote is still one. Who is asked, and when, is in `evals.cassettes`.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import JsonValue, TypeAdapter, ValidationError

from contracts.base import Contract
from contracts.errors import SettingsError
from evals.temporary import TEMPORARY

Body = dict[str, JsonValue]
"""A JSON object, as both APIs send and answer it."""

_BODY: TypeAdapter[Body] = TypeAdapter(Body)
_TOKEN = re.compile(r"^<failure-([0-9a-f]{16})>\n.*^</failure-\1>$", re.MULTILINE | re.DOTALL)
"""How `diagnosis.prompt` sets foreign text apart, which is indented: the first such block is ours."""
_NO_TOKEN = "0" * 16
_DURATION = r"(?:\d+(?:\.\d+)?(?:ms|µs|h|m|s))+"
_CLOCK = r"\d\d:\d\d:\d\d(?:[.,]\d+)?"
_CHANCE = {
    "folder": rf"{TEMPORARY}/[\w.+@-]+",
    "id": r"(?<=\[id=)[^\]\n]+|(?<=RequestID: )[\w-]+|(?<=[Rr]equest I[dD]: )[\w-]+"
    r"|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[a-z]+-[0-9a-f]{17}(?![0-9a-f])",
    "run": r"\d{8}-\d{6}-[0-9a-f]{6}|diagnose-[0-9a-f]{12}",
    "time": rf"\d{{4}}[-/]\d\d[-/]\d\d[T ]{_CLOCK}(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))*"
    rf"|\d{{8}}T\d{{6}}Z|[A-Z][a-z]{{2}}, \d\d [A-Z][a-z]{{2}} \d{{4}} {_CLOCK} GMT",
    "took": rf"after {_DURATION}|{_DURATION} elapsed",
    "port": r"(?:127\.0\.0\.1|localhost|\[::1\]):\d{1,5}",
}
_CHANGES = re.compile("|".join(f"(?P<{kind}>{way})" for kind, way in _CHANCE.items()))
_PLACE = re.compile(rf"<(?:{'|'.join(_CHANCE)})-\d+>|{_NO_TOKEN}")

_NO_NAME = re.compile(r"[^\w.-]+", re.ASCII)
_REMEDY = "remove that file, then record anew with --cassettes record"


class Recording(Contract):
    """One file: a levelled request, and the reply to it."""

    model: str
    """`PROVIDER:ID`."""
    key: str
    prompt_version: str
    """Of the code that recorded it, for people: the words themselves are in `request`."""
    recorded_at: datetime
    request: Body
    status: Literal[200]
    headers: dict[str, str]
    """Those alone that say how the body is to be read."""
    body: Body


class Question(NamedTuple):
    """A request's body without what changes from run to run."""

    request: Body
    key: str
    token: str
    there: dict[str, str]
    """What changes, to what stands for it."""
    back: dict[str, str]
    """What stands for it, to what it is in this run."""

    def levelled(self, reply: Body) -> Body:
        """A reply to this request as it is kept."""
        return _swapped(reply, partial(_level, self.token, lambda m: self.there.get(m[0], m[0])))

    def restored(self, reply: Body) -> Body:
        """A reply that was kept, as this run would have got it."""
        return _swapped(reply, partial(_PLACE.sub, lambda m: self.back.get(m[0], m[0])))


def question_of(body: Body) -> Question:
    """The question that a request's body asks.

    What changes is numbered by where it stands, not by what it is: two times
    may be the same one in this run and not in the next.
    """
    found = next(filter(None, map(_TOKEN.search, _texts(body))), None)
    token = found[1] if found else _NO_TOKEN
    there: dict[str, str] = {}
    back = {_NO_TOKEN: token}

    def placed(chance: re.Match[str]) -> str:
        place = f"<{chance.lastgroup}-{len(back)}>"
        back[place] = chance[0]
        there.setdefault(chance[0], place)
        return place

    request = _swapped(body, partial(_level, token, placed))
    return Question(request, key_of(request), token, there, back)


def key_of(request: Body) -> str:
    """The key of a levelled request: model, prompt and parameters are all in it."""
    return sha256(json.dumps(request, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def body_of(raw: bytes | str) -> Body | None:
    """The JSON object that a text is, or None."""
    try:
        return _BODY.validate_json(raw)
    except ValidationError:
        return None


def keep(folder: Path, recording: Recording, secrets: Sequence[str]) -> None:
    """Write a recording, over an earlier one; a crash leaves that one or this one whole.

    Raises `ValueError`, and writes nothing, where it holds one of `secrets`.
    """
    text = json.dumps(recording.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"
    if any(secret in text for secret in secrets):
        raise ValueError(f"the request or the reply of {recording.key} holds the key it was sent with")
    path = _path(folder, recording)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
        file.write(text)
    Path(file.name).replace(path)


def recordings_of(folder: Path) -> dict[tuple[str, str], Recording]:
    """All recordings below a folder by model and key. Raises `SettingsError` where a file is none."""
    found = {}
    for path in sorted(folder.glob("*/*/*.json")):
        try:
            recording = Recording.model_validate_json(path.read_bytes())
        except OSError as error:
            raise SettingsError(f"{path} cannot be read: {error}", remedy=_REMEDY) from error
        except ValidationError as error:
            what = error.errors(include_url=False)[0]["msg"]
            raise SettingsError(f"{path} is no recorded reply: {what}", remedy=_REMEDY) from error
        if key_of(recording.request) != recording.key or _path(folder, recording) != path:
            raise SettingsError(f"{path} was changed: it is not the request of its key", remedy=_REMEDY)
        found[recording.model, recording.key] = recording
    return found


def _path(folder: Path, recording: Recording) -> Path:
    provider, _, name = recording.model.partition(":")
    return folder / provider / (_NO_NAME.sub("-", name).strip(".-") or "-") / f"{recording.key}.json"


def _level(token: str, place: Callable[[re.Match[str]], str], text: str) -> str:
    return _CHANGES.sub(place, text.replace(token, _NO_TOKEN))


def _texts(value: JsonValue) -> Iterator[str]:
    """Every text of a JSON value, in the order of its keys' names."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for _, item in sorted(value.items()):
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _swapped(body: Body, swap: Callable[[str], str]) -> Body:
    """The same body with every text swapped, in the order of its keys' names."""

    def of(value: JsonValue) -> JsonValue:
        if isinstance(value, str):
            return swap(value)
        if isinstance(value, list):
            return [of(item) for item in value]
        return {k: of(value[k]) for k in sorted(value)} if isinstance(value, dict) else value

    return {key: of(body[key]) for key in sorted(body)}
