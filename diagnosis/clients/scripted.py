"""`scripted:FILE`: a model whose answers stand in a file, for tests, demos and evals.

Decides which answer a prompt gets; what the answer is worth is decided where
every model's is. Costs nothing unless an answer says what it costs.

The file is a JSON list, or one JSON object a line. An object is the reply
itself, or holds it as a string under `text`; beside it may stand `stop`,
`usage`, `when` (a regular expression that must be found in the prompt's user
part), `repeat` (whether it may be given more than once), `fault` and
`retry_after_s` (what a provider in trouble would say; see `contracts.model`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from contracts.budget import Ceiling, Usage
from contracts.errors import ModelSetupError
from contracts.model import Fault, ModelReply, Prompt
from contracts.permit import ModelPermit

_REMEDY = (
    'write a JSON list, or one object a line: the reply itself, or {"text": …}; '
    "optional keys: stop, usage, when, repeat, fault, retry_after_s"
)
_FAULTS = {
    "max_tokens": Fault.CUT_OFF,
    "model_context_window_exceeded": Fault.CUT_OFF,
    "pause_turn": Fault.CUT_OFF,
    "refusal": Fault.REFUSED,
}
"""What a stop alone means, as it does from the real doors."""


class _Scripted(BaseModel):
    """One answer of the file; what is not named here is the reply itself."""

    model_config = ConfigDict(extra="allow", strict=True)

    text: str | None = None
    stop: str | None = None
    fault: Fault | None = Field(default=None, strict=False)
    retry_after_s: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    usage: Usage = Usage()
    when: re.Pattern[str] | None = None
    repeat: bool = False

    def reply(self) -> ModelReply:
        body: dict[str, JsonValue] = self.model_extra or {}
        text = self.text if self.text is not None else json.dumps(body) if body else ""
        usage = self.usage.model_copy(update={"calls": 1})
        stop = self.stop or (f"error: {self.fault}" if self.fault else "end")
        fault = self.fault or (None if stop == "end" else _FAULTS.get(stop, Fault.REJECTED))
        return ModelReply(text=text, stop=stop, usage=usage, fault=fault, retry_after_s=self.retry_after_s)


class ScriptedClient:
    """The port `ModelClient` for `scripted:FILE`; raises `ModelSetupError` where the file is no script."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._left = _read(file)

    @property
    def model(self) -> str:
        """`scripted:FILE`."""
        return f"scripted:{self._file}"

    def ceiling(self, prompt: Prompt) -> Ceiling:
        """What the answer to this prompt says it takes, else nothing."""
        found = self._find(prompt)
        usage = found.usage if found else Usage()
        tokens = usage.input_tokens + usage.cached_tokens + usage.output_tokens
        return Ceiling(usd=usage.cost_usd, tokens=tokens)

    def ask(self, permit: ModelPermit, prompt: Prompt, schema: Mapping[str, object]) -> ModelReply:  # noqa: ARG002 - the port's
        """The first answer left that fits the prompt; each is given once unless it repeats."""
        permit.spend()
        found = self._find(prompt)
        if found is None:
            return ModelReply(
                text="",
                stop="error: the script has no further answer",
                usage=Usage(calls=1),
                fault=Fault.REJECTED,
            )
        if not found.repeat:
            self._left = [answer for answer in self._left if answer is not found]
        return found.reply()

    def _find(self, prompt: Prompt) -> _Scripted | None:
        return next((a for a in self._left if a.when is None or a.when.search(prompt.user)), None)


def _read(file: Path) -> list[_Scripted]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise ModelSetupError(
            f"the answers in {file} cannot be read: {what}", remedy="name a file that exists: scripted:FILE"
        ) from error
    found = []
    for number, entry in enumerate(_entries(file, text), start=1):
        try:
            found.append(_Scripted.model_validate_json(json.dumps(entry)))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(step) for step in first["loc"])
            what = f"answer {number} in {file} is wrong: {where} {first['msg']}"
            raise ModelSetupError(what, remedy=_REMEDY) from error
    return found


def _entries(file: Path, text: str) -> list[JsonValue]:
    try:
        whole = json.loads(text)
    except ValueError:  # not one document: then one a line
        return [_line(file, n, line) for n, line in enumerate(text.splitlines(), start=1) if line.strip()]
    return whole if isinstance(whole, list) else [whole]


def _line(file: Path, number: int, line: str) -> JsonValue:
    try:
        found: JsonValue = json.loads(line)
    except ValueError as error:
        raise ModelSetupError(f"line {number} of {file} is no JSON: {error}", remedy=_REMEDY) from error
    return found
