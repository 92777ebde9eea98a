"""The checks that need no effect: state, outputs and drift against what was observed. Pure.

Decides what an address, a pattern or a value means and how a difference reads.
Health is probed in `subagents.validator.agent`; whether a failed check ends the
run is decided in `planner`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches

from pydantic import JsonValue

from contracts.terraform import OutputValue, PlannedChange
from contracts.text import listed
from contracts.validation import CheckKind, CheckResult, DriftPolicy, Observed, OutputCheck, StateCheck
from subagents.validator.matching import PatternError

Search = Callable[[str, str], bool]
"""Whether a pattern is found in a text. Raises `PatternError`."""

_SHOWN = 200
_LISTED = 5
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_INDEX = re.compile(rf"\[(?:\d+|{_QUOTED})\]\Z")


def state_results(wanted: Sequence[StateCheck], observed: Observed) -> list[CheckResult]:
    """One result a check, in their order; without checks, whether every planned instance is in the state."""
    if wanted:
        return [_state(check, observed.state_addresses) for check in wanted]
    present = set(observed.state_addresses)
    missing = [address for address in observed.expected_addresses if address not in present]
    total = len(observed.expected_addresses)
    detail = f"expected {_count(total, 'planned instance')} in state, saw {total - len(missing)}"
    if missing:
        detail += f"; missing: {_listed(missing)}"
    return [_result(CheckKind.STATE, "every planned resource", detail, passed=not missing)]


def output_results(wanted: Sequence[OutputCheck], observed: Observed, search: Search) -> list[CheckResult]:
    """One result a check, in their order; without checks, whether every output is known.

    A declared output without a value is null, which Terraform does not keep in
    the state: known, and named in the detail.
    """
    if wanted:
        return [_output(check, observed, search) for check in wanted]
    unknown = sorted(name for name, output in observed.outputs.items() if not output.known)
    null = sorted(set(observed.declared_outputs) - set(observed.outputs))
    total = len(observed.outputs) + len(null)
    detail = f"expected {_count(total, 'known output')}, saw {total - len(unknown)}"
    if unknown:
        detail += f"; unknown: {_listed(unknown)}"
    if null:
        detail += f"; null: {_listed(null)}"
    return [_result(CheckKind.OUTPUTS, "every output", detail, passed=not unknown)]


def drift_result(policy: DriftPolicy, observed: Observed) -> CheckResult:
    """Whether a re-plan would change no resource.

    A plan that changes outputs alone is not told apart from an empty one here.
    """
    pending = observed.pending
    if policy is DriftPolicy.IGNORE:
        return _result(CheckKind.DRIFT, "re-plan", "ignored by policy", passed=True)
    if pending is None:
        return _result(CheckKind.DRIFT, "re-plan", "expected an empty re-plan, saw none made", passed=False)
    detail = f"expected an empty re-plan, saw {_count(len(pending), 'change')}"
    if pending:
        detail += f": {_listed(map(_change, pending))}"
        if observed.drifted:
            detail += f"; changed outside Terraform: {_listed(c.address for c in observed.drifted)}"
        if observed.edited:
            detail += f"; files edited since the plan that was applied: {_listed(observed.edited)}"
    return _result(CheckKind.DRIFT, "re-plan", detail, passed=not pending)


def health_result(name: str, *, passed: bool, expected: str, seen: str) -> CheckResult:
    """The result of a probe; `seen` is cut to what may be shown."""
    return _result(CheckKind.HEALTH, name, f"expected {expected}, saw {_short(seen)}", passed=passed)


def no_health_result() -> CheckResult:
    """What is reported where a module configures no probe."""
    return _result(CheckKind.HEALTH, "probes", "none configured", passed=True)


def distinct(results: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    """The same results in the same order; a name met before gets a number, ` (2)` first."""
    taken: set[str] = set()
    named = []
    for result in results:
        name, n = result.name, 1
        while name in taken:
            n += 1
            name = f"{result.name} ({n})"
        taken.add(name)
        named.append(result if n == 1 else result.model_copy(update={"name": name}))
    return tuple(named)


def _state(check: StateCheck, addresses: Sequence[str]) -> CheckResult:
    pattern = _pattern(check.address)
    seen = sum(any(map(pattern.fullmatch, (address, _resource(address)))) for address in addresses)
    passed = seen == check.count
    detail = f"expected {_count(check.count, 'instance')}, saw {seen}"
    if not passed and seen == 0:
        indexed = _INDEX.search(check.address)
        known = addresses if indexed else sorted({_resource(address) for address in addresses})
        detail += _nearest(check.address, known) if addresses else "; the state is empty"
    return _result(CheckKind.STATE, check.address, detail, passed=passed)


def _pattern(wanted: str) -> re.Pattern[str]:
    """Matches the addresses that one of `planner.yaml` means.

    `*` and `?` are wild, dots included, but not inside a quoted key:
    `aws_acm_certificate.c["*.example.com"]` is one instance.
    """
    fixed = [""]
    for i, part in enumerate(re.split(f"({_QUOTED})", wanted)):
        first, *more = [re.escape(part)] if i % 2 else map(_one_wild, part.split("*"))
        fixed[-1] += first
        fixed += more
    first, *others = fixed
    *between, last = others or [""]
    # what stands between two stars is taken where it is met first, and never tried elsewhere
    starred = "".join(f"(?>.*?{part})" for part in between) + (f".*{last}" if others else "")
    return re.compile(first + starred, re.DOTALL)


def _one_wild(part: str) -> str:
    return re.escape(part).replace(r"\?", ".")


def _resource(address: str) -> str:
    """The address without its own index; indices of modules stay."""
    return _INDEX.sub("", address)


def _output(check: OutputCheck, observed: Observed, search: Search) -> CheckResult:
    passed, seen = _look(check, observed, search)
    wishes = []
    if check.equals is not None:
        wishes.append(_short(_json(check.equals)))
    if check.matches is not None:
        wishes.append(f"a match of {_short(check.matches)}")
    detail = f"expected {' and '.join(wishes) or 'a value'}, saw {seen}"
    return _result(CheckKind.OUTPUTS, check.name, detail, passed=passed)


def _look(check: OutputCheck, observed: Observed, search: Search) -> tuple[bool, str]:
    """Whether the output is as it should be, and what to show of it."""
    output = observed.outputs.get(check.name)
    if output is None:
        if check.name in observed.declared_outputs:
            return False, "null"
        return False, f"no such output{_nearest(check.name, sorted(observed.outputs))}"
    if not output.known:
        return False, "a value that is not known yet"
    if output.sensitive:
        free = check.equals is None and check.matches is None
        return free, "a sensitive value" if free else "a sensitive value, which cannot be checked"
    return _compare(check, output, search)


def _compare(check: OutputCheck, output: OutputValue, search: Search) -> tuple[bool, str]:
    value = output.value
    seen = _short(_json(value))
    if check.equals is not None and not _same(check.equals, value):
        return False, seen
    if check.matches is None:
        return True, seen
    try:
        return search(check.matches, value if isinstance(value, str) else _json(value)), seen
    except PatternError as error:
        return False, f"{seen}; {_short(str(error))}"


def _same(one: JsonValue, other: JsonValue) -> bool:
    """Equality as JSON has it: 1 is 1.0, but true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return one == other


def _result(kind: CheckKind, name: str, detail: str, *, passed: bool) -> CheckResult:
    return CheckResult(name=f"{kind}: {_short(name)}", kind=kind, passed=passed, detail=detail)


def _change(change: PlannedChange) -> str:
    why = f": {change.reason}" if change.reason else ""
    return f"{_short(change.address)} ({change.action}{why})"


def _nearest(wanted: str, names: Sequence[str]) -> str:
    """The name most like the one wanted, for a typing error; empty where none is near."""
    close = get_close_matches(wanted, names, n=1, cutoff=0.5)
    return f"; the nearest is {_short(close[0])}" if close else ""


def _listed(items: Iterable[str]) -> str:
    return listed([_short(item) for item in items], _LISTED)


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _json(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
