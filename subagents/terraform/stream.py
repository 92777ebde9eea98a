"""Terraform's `-json` lines → diagnostics, changes, outputs, progress. No I/O.

Source: terraform `internal/command/views/json` (UI version 1.2). Lenient on
purpose: an unknown type or key is passed over, an unknown word becomes
UNKNOWN, a line that is no JSON object is kept as text, the first few of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from contracts.diagnostic import Diagnostic, Severity, Snippet, SnippetValue, SourceRange
from contracts.terraform import AppliedChange, ChangeAction, OutputValue, PlannedChange, Progress
from contracts.text import cap_unmasked, decode
from subagents.foreign_json import parsed

_TEXT_CAP = 4096
_LINE_CAP = 1 << 20
_MOST = 1e15  # lines and seconds: what is beyond is neither
_COUNTS = ("add", "change", "remove", "import")
_COUNTED_AS = {
    ChangeAction.CREATE: ("add",),
    ChangeAction.UPDATE: ("change",),
    ChangeAction.DELETE: ("remove",),
    ChangeAction.REPLACE: ("add", "remove"),
}
"""How a plan's summary counts it; what is only read, moved or forgotten is in none of its counts."""
_WORD_OF_HOOK = {"apply": "", "refresh": "refresh", "provision": "provision", "ephemeral_op": "open"}


class Stream:
    """Takes the lines of one command in order and holds what they told so far."""

    def __init__(self) -> None:
        self.engine_version: str | None = None
        self.diagnostics: list[Diagnostic] = []
        self.planned: list[PlannedChange] = []
        self.drift: list[PlannedChange] = []
        self.outputs: dict[str, OutputValue] = {}
        self.outputs_change = False
        self.summed_up = False
        """Whether it told how many changes there are, or were: a plan or an apply that completes does."""
        self.untold = 0
        """At least so many changes that a plan sums up were in no line of their own: lines are lost."""
        self.in_state: set[str] = set()
        self.text = ""
        self._applied: dict[tuple[str, str], bool] = {}
        self._counts: Counter[str] = Counter()

    def feed(self, line: bytes) -> Progress | None:
        """Take one line; a progress is returned where a resource instance moved on."""
        message = object_of(line)
        if message is None:
            self._keep_text(line)
            return None
        kind = str(message.get("type"))
        match kind:
            case "version":
                self.engine_version = str(message.get("terraform") or message.get("tofu") or "") or None
            case "diagnostic":
                self.diagnostics.append(diagnostic_of(_mapping(message.get("diagnostic"))))
            case "planned_change":
                self._plan(_mapping(message.get("change")))
            case "resource_drift":
                self.drift.append(_change(_mapping(message.get("change"))))
            case "change_summary":
                self.summed_up = True
                self.untold = self._missing(_mapping(message.get("changes")))
            case "outputs":
                self._take_outputs(_mapping(message.get("outputs")))
            case _:
                return self._hook(kind, _mapping(message.get("hook")))
        return None

    @property
    def changes(self) -> tuple[PlannedChange, ...]:
        """The planned changes that change something, by address."""
        real = (c for c in self.planned if c.action not in {ChangeAction.NOOP, ChangeAction.READ})
        return tuple(sorted(real, key=lambda c: (c.address, c.action)))

    @property
    def applied(self) -> tuple[AppliedChange, ...]:
        """What was worked on, in the order of the starts; what never ended is not ok."""
        return tuple(
            AppliedChange(address=address, action=_action(action), ok=ok)
            for (address, action), ok in self._applied.items()
        )

    def _plan(self, raw: Mapping[str, Any]) -> None:
        change = _planned(raw)
        self.planned.append(change)
        self._counts.update(_COUNTED_AS.get(change.action, ()))
        self._counts["import"] += "importing" in raw

    def _missing(self, summary: Mapping[str, Any]) -> int:
        # What a word that is not known yet is counted as is not known either: it may be any of them.
        unknown = sum(change.action is ChangeAction.UNKNOWN for change in self.planned)
        most = max(_number(summary.get(name)) - self._counts[name] for name in _COUNTS)
        return max(0, int(most) - unknown)

    def _hook(self, kind: str, hook: Mapping[str, Any]) -> Progress | None:
        family, _, phase = kind.rpartition("_")
        if family not in _WORD_OF_HOOK or not hook:
            return None
        address = str(_mapping(hook.get("resource")).get("addr", ""))
        action = _WORD_OF_HOOK[family] or str(hook.get("action", ""))
        if family == "refresh":
            self.in_state.add(address)
        elif family == "apply" and action != "read":
            self._applied[address, action] = phase == "complete"
        return Progress(
            address=address, action=action, phase=phase, elapsed_s=_number(hook.get("elapsed_seconds"))
        )

    def _take_outputs(self, outputs: Mapping[str, Any]) -> None:
        for name, raw in outputs.items():
            output = _mapping(raw)
            self.outputs[str(name)] = OutputValue(
                sensitive=bool(output.get("sensitive")),
                value=None if output.get("sensitive") else output.get("value"),
                known="type" in output,  # a plan names an action instead
            )
            self.outputs_change |= output.get("action") not in {None, "noop"}

    def _keep_text(self, line: bytes) -> None:
        # A state dumped on standard output starts with a brace: never keep what follows one.
        if len(self.text) < _TEXT_CAP and not self.text.endswith("{\n"):
            self.text += cap_unmasked(decode(line[:_LINE_CAP]), _TEXT_CAP) + "\n"


def diagnostic_of(raw: Mapping[str, Any]) -> Diagnostic:
    """One diagnostic from Terraform's JSON object for it."""
    severity = raw.get("severity")
    return Diagnostic(
        severity=Severity(severity) if severity in set(Severity) else Severity.UNKNOWN,
        summary=str(raw.get("summary") or ""),
        detail=str(raw.get("detail") or ""),
        address=str(raw["address"]) if raw.get("address") else None,
        range=_range(_mapping(raw.get("range"))),
        snippet=_snippet(_mapping(raw.get("snippet"))),
    )


def outputs_of(text: bytes) -> dict[str, OutputValue] | None:
    """The answer of `output -json`; values of sensitive outputs are dropped. None: no such answer."""
    answer = object_of(text)
    return None if answer is None else values_of(answer)


def values_of(answer: Mapping[str, Any]) -> dict[str, OutputValue]:
    """Outputs by name, as `output -json` prints them or a state keeps them; sensitive values are dropped."""
    return {
        str(name): OutputValue(
            sensitive=bool(_mapping(raw).get("sensitive")),
            value=None if _mapping(raw).get("sensitive") else _mapping(raw).get("value"),
        )
        for name, raw in answer.items()
    }


def _range(raw: Mapping[str, Any]) -> SourceRange | None:
    if not raw:
        return None
    start = int(_number(_mapping(raw.get("start")).get("line")))
    end = int(_number(_mapping(raw.get("end")).get("line")))
    return SourceRange(filename=str(raw.get("filename", "")), start_line=start, end_line=max(start, end))


def _snippet(raw: Mapping[str, Any]) -> Snippet | None:
    if not raw:
        return None
    values = raw.get("values") or ()
    return Snippet(
        context=str(raw["context"]) if raw.get("context") else None,
        code=str(raw.get("code") or ""),
        start_line=int(_number(raw.get("start_line"))),
        values=tuple(
            SnippetValue(traversal=str(v.get("traversal", "")), statement=str(v.get("statement", "")))
            for v in values
            if isinstance(v, dict)
        ),
    )


def _planned(raw: Mapping[str, Any]) -> PlannedChange:
    """Terraform tells a planned change only where there is one: `noop` is its word for an action without."""
    change = _change(raw)
    return (
        change.model_copy(update={"action": ChangeAction.UNKNOWN})
        if change.action is ChangeAction.NOOP
        else change
    )


def _change(raw: Mapping[str, Any]) -> PlannedChange:
    previous = _mapping(raw.get("previous_resource")).get("addr")
    return PlannedChange(
        address=str(_mapping(raw.get("resource")).get("addr", "")),
        action=_action(raw.get("action")),
        reason=str(raw["reason"]) if raw.get("reason") else None,
        previous_address=str(previous) if previous else None,
    )


def _action(word: object) -> ChangeAction:
    return ChangeAction(str(word)) if word in set(ChangeAction) else ChangeAction.UNKNOWN


def object_of(line: bytes) -> dict[str, Any] | None:
    """The one JSON object that this is; None where it is none."""
    try:
        value = parsed(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return float(value) if -_MOST < value < _MOST else 0.0
