"""What an argument comes to → whether it protects less than before, so that a person must see it.

Decides by the names of arguments, over all providers alike, in blocks, in
objects and in policies written as text. Is meant to catch what an edit says;
what a plan makes of it is for the gates on the plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from contracts.proposal import Finding, Verdict
from subagents.remediator.edit_changes import Change
from subagents.remediator.edit_hosts import is_open
from subagents.remediator.edit_pairs import is_near
from subagents.remediator.hcl_expression import Expression, Leaf

_TRUE = frozenset({"true", "1", "yes", "enabled", "on"})
_FALSE = frozenset({"false", "0", "no", "disabled", "off", "none", "suspended", "null", ""})
_GUARDS = re.compile(
    r"(?:.*_)?deletion_protection(?:_\w+)?|deletion_?protection|(?:\w+_)?termination_protection|disable_api_(?:termination|stop)"
    r"|protect(?:ed|_from_\w+)?|(?:.*_)?encrypt(?:ed|ion)?(?:_\w+)?|storage_encrypted|.*_encrypted|kms_\w*enabled"
    r"|block_public_\w+|ignore_public_acls|restrict_public_\w+|uniform_bucket_level_access|(?:.*_)?versioning(?:_\w+)?"
    r"|enable_key_rotation|(?:enable_)?https(?:_traffic)?_only(?:_\w+)?|ssl_enforcement_\w+|require_ssl|require_secure_\w+"
    r"|(?:enable_)?purge_protection(?:_enabled)?|(?:.*_)?soft_delete(?:_\w*enabled)?|point_in_time_recovery(?:_\w+)?"
    r"|iam_database_authentication_enabled|enable_log_file_validation|enable_logging|(?:.*_)?rbac_enabled|enable_rbac\w*"
    r"|run_as_non_root|read_only_root_filesystem|enable_shielded\w*|enable_private_\w+|private_cluster_enabled|mfa_delete"
    r"|disable_local_auth\w*|(?:.*[_.])?(?:force|require|enforce)[_.]\w+|(?:.*_)?waf_enabled|drop_invalid_header_fields|enable_secure_boot|http_tokens"
)
"""What protects while it is on."""
_RISKS = re.compile(
    r"skip_final_(?:snapshot|backup)|force_(?:destroy|delete)(?:_\w+)?|(?:.*_)?publicly_accessible|public_(?:network_)?access_enabled"
    r"|(?:allow_)?(?:blob|nested_items)\w*_public\w*|allow_\w*public\w*|associate_public_ip\w*|assign_public_ip|map_public_ip_on_launch"
    r"|endpoint_public_access|(?:.*_)?insecure(?:_\w+)?|(?:.*_)?skip_(?:tls|ssl)\w*|privileged|allow_privilege_escalation"
    r"|host_(?:network|pid|ipc)|delete_automated_backups|admin_(?:user_)?enabled|delete_on_termination|force_detach\w*"
    r"|allow_force_unlink\w*|allow_major_version_upgrade|apply_immediately|prevent_deletion_if\w*|bypass_\w+|shared_access_key_enabled|deletion_policy_\w*delete"
)
"""What harms while it is on."""
_SPANS = re.compile(
    r".*retention\w*|deletion_window\w*|recovery_window\w*|.*_retain\w*|snapshot_retention\w*|required_\w*count"
    r"|min(?:imum)?_\w*length|length|(?:rsa|key)_(?:bits|size|length)|run_as_(?:user|group)|destroy_scheduled_duration"
    r"|noncurrent_days|uid|gid|fs_group"
)
"""What protects less the lower it is."""
_STRETCHES = re.compile(r"(?:\w+_)?(?:ttl|num_uses)|validity_period\w*|rotation_period|(?:\w+_)?hop_limit")
"""What protects less the higher it is; none at all is the highest."""
_KEPT = re.compile(
    r"kms_(?:master_)?key\w*|.*encrypt\w*|.*retention\w*|deletion_\w+|(?:.*_)?final_snapshot\w*|block_public_\w+"
    r"|ignore_public_acls|restrict_public_\w+|versioning\w*|.*logging\w*|access_logs|permissions_boundary|conditions?"
    r"|.*_protection\w*|prevent_destroy|server_side_\w+|metadata_options|http_tokens|point_in_time_\w+|backup\w*|mfa_\w+"
    r"|public_access_\w+|security_context|minimum_tls\w*|ssl_policy|viewer_certificate|soft_delete\w*|delete_retention\w*"
    r"|vpc_config|network_acls|source_(?:ip|arn|account|ranges|tags)|authorization\w*|network_(?:rules|policy)"
    r"|(?:\w+_)?bound_\w+|(?:\w+_)?security_groups?(?:_ids)?|(?:\w+_)?authorized_(?:networks|ip)\w*|ports|internal"
    r"|target_(?:tags|service_accounts)|workload_identity\w*|(?:require|enforce)_\w+|(?:\w+_)?logs?_exports|ip_block"
    r"|policy_types|vpc_\w+|private_\w+|network_configuration|ip_\w*(?:restrictions?|filter\w*)|web_acl\w*|password_policy"
    r"|remote_ip_\w+|iam_instance_profile|user|ip|policy"
)
"""What must not go without a word."""
_BANNED_KEYS = frozenset(
    {"not_actions", "not_principals", "not_resources", "notaction", "notprincipal", "notresource"}
)
_BANNED = re.compile(
    r"\*|[a-z0-9-]+:\*|\*:\*|arn:[^/\s]*:\*|iam:pass(?:role|\*)|iam:\*.*"
    r"|public-read(?:-write)?|public(?:read|readwrite)?|authenticated-read|allusers|allauthenticatedusers"
    r"|.*:policy/(?:administratoraccess|poweruseraccess|iamfullaccess)|administratoraccess|roles/(?:owner|editor)"
    r"|cluster-admin|system:(?:masters|anonymous|unauthenticated)|allow-all"
)
"""Values that grant too much, wherever they stand."""
_GENERIC = frozenset({"default", "value", "enabled", "status", "enable", "mode", "state"})
_ALL_POWER = frozenset({"owner", "contributor", "user access administrator"})
_WEAK_TLS = re.compile(r"(?:tls)?v?_?1[._]?[01]|sslv?3|tls1_[01]|tlsv1(?:_2016)?")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_HARMLESS_STAR = re.compile(
    r"(?:allowed_)?headers?|expose_headers|path\w*|values?_glob|description|query_string\w*"
)


def weakening(change: Change) -> Iterator[Finding]:
    """What of the argument protects less than it did."""
    if change.after is None and _KEPT.fullmatch(change.name.lower()):
        yield _ask("edit:protection", change, "an argument that protects is taken away")
    for leaf in change.leaves:
        yield from _leaf(leaf, change)
    yield from _switched(change)
    yield from _dropped_keys(change)


def is_guard(kind: str) -> bool:
    """Whether a block of this kind protects, so that it must not go without a word."""
    return _KEPT.fullmatch(kind.lower()) is not None or _GUARDS.fullmatch(kind.lower()) is not None


def decides(name: str) -> bool:
    """Whether an argument of this name decides how something is protected, or for how long."""
    return any(known.fullmatch(name) for known in (_GUARDS, _RISKS, _SPANS, _KEPT))


def _leaf(leaf: Leaf, change: Change) -> Iterator[Finding]:
    low, key = leaf.text.strip().lower(), leaf.keys[-1].lower()
    names = _names(leaf, change)
    if leaf.quoted and _BANNED.fullmatch(low) and not _HARMLESS_STAR.fullmatch(key):
        yield _ask("edit:grant", change, "it grants more than one needs, or grants it to everyone")
    elif "iam:passrole" in low:
        yield _ask("edit:grant", change, "it lets a role be passed on")
    if "role" in key and low in _ALL_POWER:
        yield _ask("edit:grant", change, "it gives a role that may do everything")
    if is_open(leaf.text) or ("prefix" in key and low in {"internet", "any"}):
        yield _ask("edit:open", change, "it opens something to every address")
    if _BANNED_KEYS.intersection(each.lower() for each in leaf.keys):
        yield _ask("edit:grant", change, "it grants all but what it names")
    if (
        key == "effect"
        and low == "allow"
        and change.before is not None
        and "deny" in change.before.text.lower()
    ):
        yield _ask("edit:grant", change, "what was not allowed is allowed")
    if _is_weak(names, low):
        yield _ask("edit:protection", change, "it protects less than before")


def _is_weak(names: list[str], low: str) -> bool:
    if any(_GUARDS.fullmatch(name) for name in names) and low in _FALSE | {"optional", "inherited"}:
        return True
    if any(_RISKS.fullmatch(name) for name in names) and low in _TRUE:
        return True
    if any("public_access_prevention" in name for name in names) and low != "enforced":
        return True
    if "container_access_type" in names and low != "private":
        return True
    if any(_SPANS.fullmatch(name) for name in names) and low == "0":
        return True
    return any("tls" in name or "ssl" in name for name in names) and _WEAK_TLS.fullmatch(low) is not None


def _names(leaf: Leaf, change: Change) -> list[str]:
    """What the literal is the value of; where its key says little, also what that belongs to."""
    names = [_snake(key) for key in reversed((*change.path, *leaf.keys))]
    meant = [names[0]]
    while meant[-1] in _GENERIC and len(meant) < len(names):
        meant.append(names[len(meant)])
    return meant


def _snake(key: str) -> str:
    """`hostNetwork` as `host_network`: what Kubernetes and JSON call it."""
    return _CAMEL.sub("_", key).lower()


def _switched(change: Change) -> Iterator[Finding]:
    """An argument that protects and now hangs on something, or a span that was made shorter."""
    before, after, name = change.before, change.after, change.name.lower()
    if after is None:
        return
    if before is None:
        if _RISKS.fullmatch(name) and not after.leaves:
            yield _ask("edit:protection", change, "what harms hangs on something")
        return
    if _is_worse_number(change, name, before, after):
        yield _ask("edit:protection", change, "it is kept for a shorter time, or counts for a longer one")
    decides = _GUARDS.fullmatch(name) or _RISKS.fullmatch(name)
    if decides and not after.leaves and not is_near(before.text, after.text):
        yield _ask("edit:protection", change, "what protects hangs on something else than before")
    elif decides and any(sign in after.text for sign in ("?", "!", "&&", "||", "==")):
        yield _ask("edit:protection", change, "what protects hangs on a condition")


def _is_worse_number(change: Change, name: str, before: Expression, after: Expression) -> bool:
    was, now = _number(before), _number(after)
    if was is None or now is None:
        return False
    if _STRETCHES.fullmatch(name):
        return (now or float("inf")) > (was or float("inf"))
    kept = name == "days" and any("retention" in part for part in change.path)
    return now < was and (kept or _SPANS.fullmatch(name) is not None or _is_count(change, name))


def _is_count(change: Change, name: str) -> bool:
    """Whether it is the default of a variable, or a local, that says how long something is kept."""
    top = change.top
    if top.kind not in {"variable", "local", "setting"} or not top.labels:
        return False
    label = top.labels[-1].lower()
    return name in {"default", label} and _SPANS.fullmatch(label) is not None


def _dropped_keys(change: Change) -> Iterator[Finding]:
    """A condition or a denial that was in a policy, and is not."""
    if change.before is None or change.after is None:
        return
    was, now = change.before.text.lower(), change.after.text.lower()
    if ("condition" in was and "condition" not in now) or ("deny" in was and "deny" not in now):
        yield _ask("edit:grant", change, "a condition or a denial is taken away")
    if any(_KEPT.fullmatch(key) for key in _keys(change.before) - _keys(change.after)):
        yield _ask("edit:protection", change, "a setting that protects is taken away")


def _keys(value: Expression) -> frozenset[str]:
    return frozenset(key.lower() for leaf in value.leaves for key in leaf.keys[1:])


def _number(value: Expression) -> float | None:
    """The number an argument is set to, also one in quotes."""
    text = value.text.strip('"').removesuffix("s")
    return float(text) if re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", text) else None


def _ask(rule: str, change: Change, what: str) -> Finding:
    return Finding(rule=rule, verdict=Verdict.ASK, where=change.where, what=what)
