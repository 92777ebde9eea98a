"""What a state and a Terraform command line tell of what was done. Pure."""

from __future__ import annotations

import hashlib
import json
from typing import Any

_CHANGING = frozenset({"apply", "destroy", "import", "force-unlock", "taint", "untaint"})
_OF_STATE = (["state", "rm"], ["state", "mv"], ["state", "push"])


def objects_of(state: str) -> dict[str, str]:
    """Address to identity, of every managed resource in a state as `state pull` prints it."""
    found: dict[str, str] = {}
    for resource in json.loads(state or "{}").get("resources", []):
        if resource.get("mode") != "managed":
            continue
        prefix = f"{resource['module']}." if resource.get("module") else ""
        for instance in resource.get("instances", []):
            key = instance.get("index_key")
            index = "" if key is None else f"[{json.dumps(key)}]"
            identity = (instance.get("attributes") or {}).get("id")
            deposed = f" deposed {instance['deposed']}" if instance.get("deposed") else ""
            found[f"{prefix}{resource['type']}.{resource['name']}{index}{deposed}"] = str(identity)
    return found


_MEANT = ("input", "name", "bucket", "cidr_block", "retention_in_days", "value", "policy")
"""What of an object its author chose, on the providers that scenarios use."""


def contents_of(state: str) -> str:
    """A digest of what was meant with all objects and outputs: equal where two modules end alike."""
    data = json.loads(state or "{}")
    meant: dict[str, object] = {"outputs": {n: o.get("value") for n, o in data.get("outputs", {}).items()}}
    for resource in data.get("resources", []):
        for instance in resource.get("instances", []) if resource.get("mode") == "managed" else ():
            place = " ".join(str(part) for part in (*_named(resource), instance.get("index_key")))
            attributes = instance.get("attributes") or {}
            meant[place] = {name: attributes[name] for name in _MEANT if attributes.get(name) is not None}
    text = json.dumps(meant, sort_keys=True)
    for identity in sorted(map(str, objects_of(state).values()), key=len, reverse=True):
        text = text.replace(identity, "ID")
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _named(resource: dict[str, Any]) -> tuple[str, str, str]:
    return resource.get("module", ""), resource["type"], resource["name"]


def changing(words: list[str]) -> str:
    """`apply`, `apply -replace x`, `state rm x`; empty for what changes nothing."""
    if not words or (words[0] not in _CHANGING and words[:2] not in _OF_STATE):
        return ""
    telling = ("-replace", "-destroy")
    kept = [word for word in words if not word.startswith(("-", "/")) or word.startswith(telling)]
    return " ".join(word.replace("-replace=", "-replace ") for word in kept)
