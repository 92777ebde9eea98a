"""The part `configuration` of a plan → what the module declares, and what depends on what. No I/O.

Decides which providers, modules, provisioners, outputs and marks a plan was
made from, and which resources a fix can have touched. Says nothing of values:
the part holds expressions as references and constants only, and locals not at
all, so that what flows through a local is found only where the local is named.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from planner.gate_plan import declared_at, listed, mapping, table

_STEP = re.compile(r"[.\[]")
_LOCAL_TO_THE_BLOCK = frozenset({"each", "count", "self", "path", "terraform"})
_CALL = "call:"
_PROVIDER = "provider:"


class Configuration(NamedTuple):
    """What a plan's configuration declares, by configuration address."""

    providers: Mapping[str, str]
    """Full provider names by configuration key, such as `aws.west`."""
    provider_settings: Mapping[str, str]
    """The settings of each configuration key, as JSON that can be compared."""
    modules: frozenset[tuple[str, str, str]]
    """Module calls: address, source, version constraint or an empty text."""
    provisioners: frozenset[tuple[str, str]]
    """Resource address and provisioner type."""
    provisioner_settings: Mapping[str, str]
    """The provisioners of each resource that has some, as JSON that can be compared."""
    provisioner_reads: Mapping[str, frozenset[str]]
    """What those of each resource refer to, by configuration address; with itself where they read `self`."""
    resources: Mapping[str, frozenset[str]]
    """Resources and data sources, each with the attributes and blocks that it sets itself."""
    outputs: Mapping[str, frozenset[str]]
    """Root outputs by name, each with what it refers to."""
    inputs: Mapping[str, frozenset[tuple[str, str]]]
    """Variables and outputs of every module, such as `module.m.var.v` and `output.o`.

    Each with the references that give its value, and the prefix of the module they are made in.
    """
    sensitive: frozenset[str]
    """Those of them that are marked sensitive."""
    reads: Mapping[str, frozenset[str]]
    """What each thing that can be referred to refers to itself, by configuration address."""

    def cone(self, named: Iterable[str]) -> frozenset[str]:
        """What is named, with everything that depends on it."""
        readers: dict[str, list[str]] = {}
        for reader, read in self.reads.items():
            for one in read:
                readers.setdefault(one, []).append(reader)
        found: set[str] = set()
        waiting = [start for name in named for start in self._starts(declared_at(name))]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += readers.get(one, ())
        return frozenset(found)

    def _starts(self, named: str) -> Iterator[str]:
        """A module call that is named may have changed each of its arguments."""
        yield named
        if _CALL + named in self.reads:
            yield _CALL + named
            yield from (one for one in self.inputs if one.startswith(f"{named}.var."))


def configuration_of(plan: Mapping[str, Any]) -> Configuration:
    """What the configuration of a plan declares. Raises `UnreadableError`."""
    whole = mapping(plan.get("configuration"), "configuration")
    reading = _Reading()
    for key, raw in table(whole, "provider_config").items():
        reading.take_provider(key, mapping(raw, "provider_config"))
    modules = [("", mapping(whole.get("root_module"), "root_module"))]
    while modules:
        prefix, module = modules.pop()
        reading.take_module(prefix, module)
        for name, raw in table(module, "module_calls").items():
            call = mapping(raw, "module_calls")
            inner = mapping(call.get("module"), "module_calls")
            reading.take_call(prefix, name, call, inner)
            modules.append((f"{prefix}module.{name}.", inner))
    return reading.done()


def references_in(expressions: object) -> frozenset[str]:
    """What expressions refer to, each reference once and in its longest form."""
    found: set[str] = set()
    waiting = [expressions]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            for key, inner in value.items():
                if key in {"references", "depends_on"} and isinstance(inner, list):
                    found.update(one for one in inner if isinstance(one, str))
                if key != "constant_value":
                    waiting.append(inner)
    shorter = {one[: step.start()] for one in found for step in _STEP.finditer(one)}
    return frozenset(found - shorter)


def read_by(reference: str, prefix: str) -> str | None:
    """The configuration address behind a reference made in a module; None for `each`, `path` and the like."""
    parts = declared_at(reference).split(".")
    if parts[0] in _LOCAL_TO_THE_BLOCK:
        return None
    if parts[0] == "module" and len(parts) > 2:  # noqa: PLR2004 - module.m.output
        return f"{prefix}module.{parts[1]}.output.{parts[2]}"
    return prefix + ".".join(parts[: 3 if parts[0] in {"data", "ephemeral"} else 2])


class _Reading:
    """Collects the modules of one configuration."""

    def __init__(self) -> None:
        self._providers: dict[str, str] = {}
        self._provider_settings: dict[str, str] = {}
        self._modules: set[tuple[str, str, str]] = set()
        self._provisioners: set[tuple[str, str]] = set()
        self._provisioner_settings: dict[str, str] = {}
        self._provisioner_reads: dict[str, frozenset[str]] = {}
        self._resources: dict[str, frozenset[str]] = {}
        self._outputs: dict[str, frozenset[str]] = {}
        self._inputs: dict[str, frozenset[tuple[str, str]]] = {}
        self._sensitive: set[str] = set()
        self._reads: dict[str, frozenset[str]] = {}

    def take_provider(self, key: str, provider: Mapping[str, Any]) -> None:
        self._providers[key] = str(provider.get("full_name"))
        self._provider_settings[key] = json.dumps(provider.get("expressions"), sort_keys=True)
        module = provider.get("module_address")
        prefix = f"{module}." if module else ""
        self._reads[_PROVIDER + key] = _read(provider.get("expressions"), prefix)

    def take_module(self, prefix: str, module: Mapping[str, Any]) -> None:
        for raw in listed(module, "resources"):
            self._take_resource(prefix, mapping(raw, "resources"))
        for name, raw in table(module, "outputs").items():
            output = mapping(raw, "outputs")
            self._take_input(f"{prefix}output.{name}", output, prefix)
            if not prefix:
                self._outputs[name] = references_in(output)
        for name, raw in table(module, "variables").items():
            self._take_input(f"{prefix}var.{name}", mapping(raw, "variables"), prefix)

    def take_call(self, prefix: str, name: str, call: Mapping[str, Any], inner: Mapping[str, Any]) -> None:
        address = f"{prefix}module.{name}"
        constraint = str(call.get("version_constraint") or "")
        self._modules.add((address, str(call.get("source") or ""), constraint))
        for argument, expression in table(call, "expressions").items():
            self._take_input(f"{address}.var.{argument}", {"expression": expression}, prefix)
        around = [call.get(key) for key in ("count_expression", "for_each_expression")]
        around.append({"depends_on": call.get("depends_on")})
        self._reads[_CALL + address] = _read(around, prefix)
        self._reads[address] = frozenset(
            [f"{address}.output.{output}" for output in table(inner, "outputs")]
            + [
                f"{address}.{mapping(resource, 'resources').get('address')}"
                for resource in listed(inner, "resources")
            ]
        )

    def done(self) -> Configuration:
        return Configuration(
            providers=self._providers,
            provider_settings=self._provider_settings,
            modules=frozenset(self._modules),
            provisioners=frozenset(self._provisioners),
            provisioner_settings=self._provisioner_settings,
            provisioner_reads=self._provisioner_reads,
            resources=self._resources,
            outputs=self._outputs,
            inputs=self._inputs,
            sensitive=frozenset(self._sensitive),
            reads=self._reads,
        )

    def _take_resource(self, prefix: str, resource: Mapping[str, Any]) -> None:
        address = f"{prefix}{resource.get('address')}"
        self._resources[address] = frozenset(table(resource, "expressions"))
        around = {f"{_PROVIDER}{resource.get('provider_config_key')}"}
        if prefix:
            around.add(f"{_CALL}{prefix[:-1]}")
        self._reads[address] = _read(resource, prefix) | around
        provisioners = listed(resource, "provisioners")
        if provisioners:
            self._provisioner_settings[address] = json.dumps(provisioners, sort_keys=True)
            counted = [resource.get(key) for key in ("count_expression", "for_each_expression")]
            roots = {reference.partition(".")[0] for reference in references_in(provisioners)}
            mine = frozenset({address} if "self" in roots else ())
            counts = _read(counted, prefix) if roots & {"each", "count"} else frozenset()
            self._provisioner_reads[address] = _read(provisioners, prefix) | counts | mine
            for one in provisioners:
                self._provisioners.add((address, str(mapping(one, "provisioners").get("type"))))

    def _take_input(self, address: str, declared: Mapping[str, Any], prefix: str) -> None:
        """An argument of a module call comes before the variable that it is given to."""
        if declared.get("sensitive"):
            self._sensitive.add(address)
        made_of = frozenset((prefix, reference) for reference in references_in(declared))
        self._inputs.setdefault(address, made_of)
        self._reads.setdefault(address, _read(declared, prefix))


def _read(expressions: object, prefix: str) -> frozenset[str]:
    found = (read_by(reference, prefix) for reference in references_in(expressions))
    return frozenset(one for one in found if one is not None)
