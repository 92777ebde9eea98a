"""What the gate's rules look at: the plan, the plan without the fix, and what the run knew before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from contracts.proposal import Finding, Verdict
from contracts.terraform import ChangeAction
from planner.gate_config import Configuration, configuration_of
from planner.gate_plan import Change, Plan, read

QUIET = frozenset({ChangeAction.NOOP, ChangeAction.READ})
"""The words for what changes nothing."""


class Baseline(NamedTuple):
    """What the run knew before the fix.

    A *configuration address* has no instance keys: `module.m.aws_vpc.a` for each
    `module.m["k"].aws_vpc.a[0]`. What is left empty lets nothing pass.
    """

    first: Mapping[str, ChangeAction] | None = None
    """What the run's first plan would do, by instance address; None: no plan came to an end."""
    in_state: frozenset[str] = frozenset()
    """Managed instances that the state held when the run last had reason to believe it."""
    created: frozenset[str] = frozenset()
    """Instances that this run has made, or tried to: one that got tainted by it may be replaced."""
    declared: frozenset[str] = frozenset()
    """Configuration addresses of resources and data sources before the fix."""
    named: frozenset[str] = frozenset()
    """What the fix edits or names: instances, configuration addresses, and `var.x`, `local.x`,
    `output.x` or a whole `module.m`, each with the address of its module in front."""
    reached: frozenset[str] = frozenset()
    """What reads something that the fix edits, as far as the module's files tell; with what it edits."""
    providers: frozenset[str] = frozenset()
    """Full names, such as `registry.terraform.io/hashicorp/aws`."""
    module_sources: frozenset[str] = frozenset()
    """Sources of all module calls, of those in modules too, as they are written."""
    provisioners: frozenset[tuple[str, str]] = frozenset()
    """Configuration address and provisioner type."""
    outputs: frozenset[str] = frozenset()
    """Names of the root outputs."""
    sensitive: frozenset[str] = frozenset()
    """Variables and outputs marked sensitive, such as `module.m.var.v` and `output.o`."""
    imports: frozenset[tuple[str, str]] = frozenset()
    """Address and id of each import that a person approved, or that the module had before the fix."""


class View(NamedTuple):
    """Everything that a rule may look at."""

    plan: Plan
    configuration: Configuration
    prior: Plan | None
    prior_configuration: Configuration | None
    baseline: Baseline
    named: frozenset[str]
    """What the fix names, as configuration addresses."""

    def names(self, change: Change) -> bool:
        """Whether the fix names what is changed."""
        return change.declared in self.named

    def reach(self) -> frozenset[str]:
        """What the fix can have reached: by the files, for a plan knows no locals, and by the plan."""
        return self.configuration.cone(self.named | self.baseline.reached)

    def first(self, change: Change) -> ChangeAction:
        """What the first plan would have done there."""
        return (self.baseline.first or {}).get(change.address, ChangeAction.NOOP)


def baseline_of_plan(prior: Mapping[str, Any]) -> Baseline:
    """What a plan of the unedited module tells of it; `first`, `named` and the like are the run's to add.

    Raises `UnreadableError`.
    """
    plan, configuration = read(prior), configuration_of(prior)
    return Baseline(
        first={change.address: change.action for change in plan.changes if change.action not in QUIET},
        in_state=frozenset(address for address, one in plan.state.items() if one.get("mode") != "data"),
        declared=frozenset(configuration.resources),
        providers=frozenset(configuration.providers.values()),
        module_sources=frozenset(source for _, source, _ in configuration.modules),
        provisioners=configuration.provisioners,
        outputs=frozenset(configuration.outputs),
        sensitive=configuration.sensitive,
    )


def ask(rule: str, where: str, what: str) -> Finding:
    """A finding that a person may allow."""
    return Finding(rule=rule, verdict=Verdict.ASK, where=where, what=what)


def stop(rule: str, where: str, what: str) -> Finding:
    """A finding that is refused in every profile."""
    return Finding(rule=rule, verdict=Verdict.STOP, where=where, what=what)
