"""Plans as `terraform show -json` prints them, written by hand, and what the gate finds in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planner.gate import Baseline, gate

BUILTIN = "terraform.io/builtin/terraform"
AWS = "registry.terraform.io/hashicorp/aws"
Json = dict[str, Any]


def change(address: str, *actions: str, **parts: Any) -> Json:
    """One entry of `resource_changes`; parts of the inner change by name, of the entry with an underscore."""
    kind = address.rsplit("module.", maxsplit=1)[-1].split(".")[-2]
    before = None if actions[:1] in {("create",), ("read",)} and "delete" not in actions else {"id": "1"}
    after = None if actions in {("delete",), ("forget",)} else {"id": "1"}
    inner = {"actions": list(actions), "before": before, "after": after, "after_unknown": {}}
    inner |= {key: value for key, value in parts.items() if not key.startswith("_")}
    entry = {"address": address, "mode": "managed", "type": kind, "provider_name": BUILTIN, "change": inner}
    return entry | {key[1:]: value for key, value in parts.items() if key.startswith("_")}


def resource(address: str, *references: str, **parts: Any) -> Json:
    expressions = {"input": {"references": list(references)}} if references else {}
    return {
        "address": address,
        "mode": "managed",
        "expressions": expressions,
        "provider_config_key": "terraform",
    } | parts


def plan(*changes: Json, resources: tuple[Json, ...] = (), **parts: Any) -> Json:
    """A plan whose state holds what is not created, and whose configuration declares `resources`."""
    held = [one["address"] for one in changes if one["change"]["before"] is not None]
    state = {"root_module": {"resources": [{"address": address, "mode": "managed"} for address in held]}}
    root = {"resources": list(resources)} | parts.pop("root", {})
    providers = parts.pop("providers", {"terraform": {"full_name": BUILTIN}})
    return {
        "format_version": "1.2",
        "resource_changes": list(changes),
        "prior_state": {"format_version": "1.0", "values": state},
        "configuration": {"provider_config": providers, "root_module": root},
        "timestamp": "2026-11-20T10:00:00Z",
        "complete": True,
        "errored": False,
    } | parts


def known(**parts: Any) -> Baseline:
    return Baseline(**{"first": {}, "providers": frozenset({BUILTIN})} | parts)


def found(
    judged: Mapping[str, Any], baseline: Baseline | None = None, prior: Json | None = None
) -> list[tuple[str, str, str]]:
    return [(f.rule, str(f.verdict), f.where) for f in gate(judged, baseline or known(), prior)]


def module_call(source: str, version: str = "", **inner: Any) -> Json:
    return {"source": source, "version_constraint": version, "module": inner}
