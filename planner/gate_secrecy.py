"""Rule G10: nothing that was sensitive is told after the fix.

Decides by the marks of values, variables and outputs, by what a new output
refers to, and by whether an output's value holds a secret of the plan, plain,
encoded or in part. Leaves to others: values that a provider writes elsewhere.
A finding never holds a value. Where a way cannot be followed (a local, a value
not known yet) an output counts as telling.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from planner.gate_config import Configuration, read_by
from planner.gate_plan import Change, Plan, declared_at
from planner.gate_values import SHORTEST, forms_of, is_any_marked, long_texts, marked_texts, part, texts_in

_COPIED = {"output": "input"}
"""`terraform_data` shows as `output`, unmarked, what it was given as `input`."""


class Known(NamedTuple):
    """What was so before the fix."""

    sensitive: frozenset[str]
    """Variables and outputs that were marked."""
    references: Mapping[str, frozenset[str] | None]
    """Root outputs and what each referred to; None: that it was there is all that is known."""
    marks: Mapping[tuple[str, str], Any]
    """The marks of objects as the unedited module would have them."""
    values: Mapping[str, Any]
    """Root outputs as the unedited module would have set them."""
    named: frozenset[str]
    """What the fix edits, as configuration addresses."""


def told(plan: Plan, configuration: Configuration, known: Known) -> Iterator[tuple[str, str]]:
    """Where a secret would be told, and how, as a sentence."""
    for address in (known.sensitive & configuration.inputs.keys()) - configuration.sensitive:
        yield address, "was marked sensitive and is no longer."
    for change in plan.changes:
        for attribute in _unmarked(change, known.marks.get(change.key, change.before_marks)):
            yield change.address, f"{attribute} was sensitive and is no longer."
    open_outputs = [name for name in configuration.outputs if f"output.{name}" not in configuration.sensitive]
    if open_outputs:
        outputs = _Outputs(plan, configuration, known)
        for name in open_outputs:
            for how in outputs.tell(name):
                yield f"output.{name}", how


def _unmarked(change: Change, before: Any) -> Iterator[str]:
    """The attributes that hold a value which was marked, and hold one now that is not."""
    if before == change.after_marks or not before or change.after is None:
        return
    waiting = [("", before, change.after_marks, change.after, change.unknown)]
    while waiting:
        path, was, now, value, unknown = waiting.pop()
        if now is True or not was or (value is None and not unknown):
            continue
        if isinstance(was, dict | list):
            keys = was if isinstance(was, dict) else range(len(was))
            waiting += [
                (path or str(key), was[key], part(now, key), part(value, key), part(unknown, key))
                for key in keys
            ]
        elif not isinstance(value, dict | list) or not _all_marked(now, value):
            yield path or "the whole object"


def _all_marked(marks: Any, value: Any) -> bool:
    """Whether each leaf of a value is marked."""
    waiting = [(marks, value)]
    while waiting:
        mark, inner = waiting.pop()
        if mark is True:
            continue
        if not isinstance(inner, dict | list):
            return False
        keys = inner if isinstance(inner, dict) else range(len(inner))
        waiting += [(part(mark, key), inner[key]) for key in keys]
    return True


class _Outputs:
    """Judges the outputs of a plan that are not sensitive."""

    def __init__(self, plan: Plan, configuration: Configuration, known: Known) -> None:
        self._plan = plan
        self._configuration = configuration
        self._known = known
        self._reached = configuration.cone(known.named)
        self._local = any(_is_local(address) for address in known.named)
        self._texts: tuple[str, ...] | None = None
        self._marked: dict[str, set[str]] | None = None

    def tell(self, name: str) -> Iterator[str]:
        """How an output tells a secret; nothing where it does not, or where the fix cannot have done it."""
        fresh = self._fresh(name)
        for reference in sorted(fresh or ()):
            if self._is_secret(reference):
                yield f"reads {declared_at(reference)}, which is sensitive or cannot be followed."
        change = self._plan.outputs.get(name, {})
        if change.get("actions") in (None, ["no-op"]) or (fresh is None and not self._is_reached(name)):
            return
        old = [change.get("before"), self._known.values.get(name)]
        if self._holds(change.get("after"), old, in_part=fresh is not None):
            yield "holds a sensitive value, in part or encoded."

    def _is_reached(self, name: str) -> bool:
        """Whether what the fix edits leads to an output; from one local to another nobody can follow."""
        read = self._configuration.reads[f"output.{name}"]
        return f"output.{name}" in self._reached or (self._local and any(map(_is_local, read)))

    def _fresh(self, name: str) -> frozenset[str] | None:
        """What an output refers to since the fix; None where the fix did not touch it."""
        now = self._configuration.outputs[name]
        if name not in self._known.references:
            return now
        was = self._known.references[name]
        named = f"output.{name}" in self._known.named
        if was is None:
            return now if named else None
        return now - was if named or now != was else None

    def _is_secret(self, reference: str) -> bool:
        """Whether a reference leads to what is sensitive, through the outputs and variables of modules."""
        waiting, seen = [("", reference)], set[str]()
        while waiting:
            prefix, one = waiting.pop()
            address = read_by(one, prefix)
            if address is None or prefix + one in seen:
                continue
            seen.add(prefix + one)
            if address in self._configuration.sensitive or self._is_marked(prefix + one, address):
                return True
            if _is_local(address) and self._anything():
                return True
            waiting += self._configuration.inputs.get(address, ())
        return False

    def _is_marked(self, reference: str, address: str) -> bool:
        """Whether the attribute referred to is marked in any instance."""
        marked = self._marks().get(address)
        if not marked:
            return False
        attribute = declared_at(reference)[len(address) + 1 :].partition(".")[0]
        return not attribute or "" in marked or attribute in marked or _COPIED.get(attribute) in marked

    def _marks(self) -> dict[str, set[str]]:
        if self._marked is None:
            self._marked = {}
            for change in self._plan.changes:
                self._mark(change.declared, change.after_marks)
            for address, resource in self._plan.state.items():
                self._mark(declared_at(address), resource.get("sensitive_values"))
        return self._marked

    def _mark(self, address: str, marks: Any) -> None:
        found = {""} if marks is True else {key for key, mark in _table(marks).items() if is_any_marked(mark)}
        if found and self._marked is not None:
            self._marked.setdefault(address, set()).update(found)

    def _anything(self) -> bool:
        return bool(self._configuration.sensitive or self._marks())

    def _holds(self, after: Any, before: list[Any], *, in_part: bool) -> bool:
        """Whether an output's value tells a secret that it did not tell before."""
        old = set(texts_in(before))
        new = [leaf for leaf in texts_in(after) if leaf not in old and len(leaf) >= SHORTEST]
        if not new:
            return False
        if self._texts is None:
            self._texts = tuple(set(_secrets(self._plan, self._configuration)))
        forms = [form for leaf in new for form in forms_of(leaf)]
        return any(
            any(text in form for form in forms) or (in_part and any(leaf in text for leaf in new))
            for text in self._texts
            if not any(text in leaf for leaf in old)
        )


def _is_local(address: str) -> bool:
    return address.split(".")[-2:-1] == ["local"]


def _secrets(plan: Plan, configuration: Configuration) -> Iterator[str]:
    """The sensitive values that a plan knows, those long enough to be told from others."""
    for name, value in plan.variables.items():
        if f"var.{name}" in configuration.sensitive:
            yield from long_texts(value)
    for change in plan.changes:
        yield from marked_texts(change.before, change.before_marks)
        yield from marked_texts(change.after, change.after_marks)
    for resource in plan.state.values():
        yield from marked_texts(resource.get("values"), resource.get("sensitive_values"))


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
