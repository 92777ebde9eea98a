"""What an approval is bound to (G1), as digests. Pure.

Decides which parts of a plan, a module, a backend and a state make another one
of it. Values go into a digest and never come out. Who compares the digests, and
where the bytes are read, is left to the caller.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from contracts.proposal import Binding
from subagents.foreign_json import parsed
from subagents.terraform.environment import TARGETS

_OF_AN_ENTRY = ("address", "deposed", "previous_address", "provider_name", "action_reason")
_OF_A_CHANGE = (
    "actions",
    "before",
    "after",
    "after_unknown",
    "before_sensitive",
    "after_sensitive",
    "importing",
    "replace_paths",
)

_OF_A_PLAN = ("output_changes", "variables", "errored", "complete", "configuration")
"""The configuration too: what a provisioner would run is nowhere else, and modules may lie outside."""
_PLACE = re.compile(
    r"TF_WORKSPACE|TF_VAR_.*|.*_(?:PROFILE|REGION|ACCOUNT|ACCOUNT_ID|PROJECT|SUBSCRIPTION_ID|TENANT_ID|ZONE)"
    r"|.*_(?:ENDPOINT|ADDR|ADDRESS|HOST|URL)(?:_.*)?|AWS_ROLE_ARN|GOOGLE_CLOUD_PROJECT|" + TARGETS.pattern
)

_OF_A_JOB = re.compile(r"(?:CI|BUILD|JOB|RUN|ACTIONS)_.*")
"""What names one job of a CI: another job, such as one that approves, is no other place."""


def plan_digest_of(plan: Mapping[str, Any]) -> str:
    """SHA-256 of what a plan (parsed `terraform show -json`) would do, whenever it was made.

    Order and time do not count; every value does.
    """
    entries = [entry for entry in plan.get("resource_changes") or () if isinstance(entry, dict)]
    vectors = [
        _canonical(
            [
                [entry.get(key) for key in _OF_AN_ENTRY],
                [(entry.get("change") or {}).get(key) for key in _OF_A_CHANGE],
            ]
        )
        for entry in entries
    ]
    rest = {key: plan.get(key) for key in _OF_A_PLAN}
    return _sha256(_canonical([sorted(vectors), rest]))


def values_digest(plan: Mapping[str, Any], addresses: Collection[str]) -> str:
    """SHA-256 of what a plan would do at these addresses, as `plan_digest_of` tells it of all."""
    entries = plan.get("resource_changes") or ()
    asked = [one for one in entries if isinstance(one, dict) and one.get("address") in addresses]
    return plan_digest_of({**plan, "resource_changes": asked, "output_changes": None})


def tree_digest(files: Mapping[str, bytes]) -> str:
    """SHA-256 over names and contents of files, each after its length: none can pass for two."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        for part in (name.encode("utf-8", "surrogateescape"), content):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def file_digest(content: bytes | None) -> str:
    """SHA-256 of one file, such as the lock file; empty where there is none."""
    return "" if content is None else hashlib.sha256(content).hexdigest()


def lineage_of(state: bytes | None) -> str:
    """SHA-256 of a state's lineage and serial, or of all of one that cannot be read; empty for none."""
    if state is None:
        return ""
    told = _object(state)
    if told is None:
        return file_digest(state)
    return _sha256(_canonical([told.get("lineage"), told.get("serial")]))


def backend_digest(initialised: bytes | None) -> str:
    """SHA-256 of type and settings in `.terraform/terraform.tfstate`; empty where none is initialised."""
    if initialised is None:
        return ""
    told = _object(initialised)
    if told is None:
        return file_digest(initialised)
    backend = told.get("backend")
    if not isinstance(backend, dict):
        return ""
    return _sha256(_canonical([backend.get(key) for key in ("type", "hash", "config")]))


def place_digest(environment: Mapping[str, str], workspace: str) -> str:
    """SHA-256 of where a plan would act: workspace, account, region, endpoints, and variables by `TF_VAR_`.

    Credentials are none of it: they change from hour to hour.
    """
    told = {
        name: value
        for name, value in environment.items()
        if _PLACE.fullmatch(name) and not _OF_A_JOB.fullmatch(name)
    }
    return _sha256(_canonical([workspace, told]))


def digest_of(binding: Binding, extra: str = "") -> str:
    """SHA-256 of a whole binding and of what else was approved with it."""
    return _sha256(_canonical([binding.model_dump(), extra]))


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        told = parsed(raw)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
