"""The plan gate: what a plan made after a fix may do without a person, and what is refused.

Judges `terraform show -json` of the saved plan that would be applied, by its
actions and never by its counts, against what the run knew before the fix.
Pure. Leaves to others: what an approval is bound to (G1, `planner.binding`),
what edits a fix may make, and who may allow a finding. A finding never holds a
value of the plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from contracts.proposal import Finding, Verdict
from contracts.terraform import ChangeAction
from planner import gate_changes
from planner.gate_choices import decided_anew
from planner.gate_config import configuration_of
from planner.gate_plan import UnreadableError, declared_at, read
from planner.gate_secrecy import Known, told
from planner.gate_view import Baseline, View, ask, baseline_of_plan, stop
from planner.gate_weakening import hidden, weakened
from subagents.openings import Item, lays_out, widened

_RUNS_PROVISIONERS = frozenset({ChangeAction.CREATE, ChangeAction.REPLACE, ChangeAction.DELETE})

__all__ = ["Baseline", "baseline_of_plan", "gate"]


def gate(
    plan: Mapping[str, Any],
    baseline: Baseline,
    prior: Mapping[str, Any] | None = None,
    *,
    oldest: datetime | None = None,
) -> tuple[Finding, ...]:
    """What the rules do not let pass, sorted: nothing means that the plan may be applied.

    `plan` and `prior` are parsed `terraform show -json`; `prior` is the plan of
    the module without the fix, None where it failed. `oldest` is the earliest
    time at which a plan may have been made.
    """
    try:
        now = read(plan)
        view = View(
            plan=now,
            configuration=configuration_of(plan),
            prior=None if prior is None else read(prior),
            prior_configuration=None if prior is None else configuration_of(prior),
            baseline=baseline,
            named=frozenset(map(declared_at, baseline.named)),
        )
    except UnreadableError as error:
        return (stop("G13", "plan", f"cannot be read: {error}."),)
    found = {finding for rule in (*gate_changes.RULES, *_RULES) for finding in rule(view)}
    if oldest is not None and not _is_younger(now.timestamp, oldest):
        found.add(stop("G13", "plan", "is older than what it would be applied to, or tells no time."))
    return tuple(sorted(found, key=lambda f: (f.verdict is Verdict.ASK, int(f.rule[1:]), f.where, f.what)))


def _unfinished(view: View) -> Iterator[Finding]:
    """G7: the plan is the whole story."""
    for what in view.plan.unfinished:
        yield ask("G7", "plan", f"is not the whole story: {what}.")


def _sources(view: View) -> Iterator[Finding]:
    """G9: no provider and no module that was not there before, and none from elsewhere."""
    now, before, baseline = view.configuration, view.prior_configuration, view.baseline
    for key, name in now.providers.items():
        if name not in baseline.providers:
            yield stop("G9", f"provider {key}", "is a provider that the module did not use.")
        elif before and now.provider_settings[key] != before.provider_settings.get(key):
            yield stop("G9", f"provider {key}", "is configured in another way.")
    for call in now.modules:
        if call[1] not in baseline.module_sources or (before and call not in before.modules):
            yield stop("G9", call[0], "is a module from another source or version, or a new one.")


def _provisioners(view: View) -> Iterator[Finding]:
    """G9: no provisioner that was not there before, and none that does, or is told, something else."""
    now, before = view.configuration, view.prior_configuration
    for address, kind in now.provisioners - view.baseline.provisioners:
        yield stop("G9", address, f"has a provisioner {kind} that it did not have.")
    for address, settings in now.provisioner_settings.items():
        if before and settings != before.provisioner_settings.get(address, settings):
            yield stop("G9", address, "has provisioners that do something else.")
    reach, due = view.reach(), {c.declared for c in view.plan.changes if c.action in _RUNS_PROVISIONERS}
    for address, reads in now.provisioner_reads.items():
        if address in due and reads & reach:
            yield ask("G9", address, "has provisioners that are told what the fix reaches.")


def _secrets(view: View) -> Iterator[Finding]:
    """G10: nothing that was sensitive is told."""
    before, prior = view.prior_configuration, view.prior
    references: dict[str, frozenset[str] | None] = dict.fromkeys(view.baseline.outputs)
    known = Known(
        sensitive=view.baseline.sensitive | (before.sensitive if before else frozenset()),
        references=references | (dict(before.outputs) if before else {}),
        marks={c.key: c.after_marks for c in (prior.changes if prior else ()) if c.after is not None},
        values={name: output.get("after") for name, output in prior.outputs.items()} if prior else {},
        named=view.named,
    )
    for where, how in told(view.plan, view.configuration, known):
        yield stop("G10", where, how)


def _weakens(view: View) -> Iterator[Finding]:
    """G11: nothing is opened, and no protection is taken away.

    An object is compared with what the unedited module would have made of it,
    else with what it is. With nothing to compare, it counts where the fix reaches it.
    """
    reach = view.reach()
    before = {c.key: c.after for c in view.prior.changes if c.after} if view.prior else {}
    for change in view.plan.changes:
        reference = before.get(change.key, change.before)
        if change.after is None or (change.after == reference and not view.names(change)):
            continue
        if reference is None and change.declared not in reach:
            continue
        own = view.configuration.resources.get(change.declared, frozenset())
        counted = own if reference is None else None
        for attribute, how in weakened(change.after, change.unknown, reference, counted):
            yield ask("G11", change.address, f"{attribute}: {how}.")
        for how in widened(_items(reference), _items(change.after)) if not lays_out(change.type) else ():
            yield ask("G11", change.address, f"{how}.")
        for attribute, how in decided_anew(change.type, change.after, change.unknown, before.get(change.key)):
            yield ask("G11", change.address, f"{attribute}: {how}.")
        for attribute in hidden(change.unknown, reference, own, named=view.names(change)):
            yield ask("G11", change.address, f"{attribute}: known only after the apply.")


def _items(value: Any) -> Iterator[Item]:
    """The attributes of an object with their texts and numbers; those of a list under its name."""
    waiting = [("", value)]
    while waiting:
        key, one = waiting.pop()
        if isinstance(one, dict):
            waiting += reversed([(name.lower(), inner) for name, inner in one.items()])
        elif isinstance(one, list):
            waiting += reversed([(key, inner) for inner in one])
        elif isinstance(one, str | int | float) and not isinstance(one, bool):
            yield key, str(one)


_RULES = (_unfinished, _sources, _provisioners, _secrets, _weakens)


def _is_younger(timestamp: str, oldest: datetime) -> bool:
    try:
        made = datetime.fromisoformat(timestamp)
    except ValueError:
        return False
    return made.tzinfo is not None and made >= oldest.replace(microsecond=0)
