"""What an argument or a block lets out, lets in or reads besides: for a person, as it is no repair by itself.

Machines and containers that get more of their host, services that are shown to
others, files that are written, secrets and images that are looked up under
another name, records and places data is sent to, patterns that grow. Decides by
kinds of things more than by providers. Leaves grants to `edit_weakening`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from contracts.proposal import Finding, Verdict
from subagents.remediator.edit_changes import Change, Inner
from subagents.remediator.edit_embedded import expanded

_OPENS = re.compile(
    r"(?:ipv6_)?access_config|bypass_\w+|exempt\w*|(?:\w+_)?expiration|ttl|allow|ingress|egress|(?:in|out)bound_\w+"
)
"""Blocks that open or delete something where there was none."""
_HOST_MODES = re.compile(r"(?:network|pid|ipc|userns|uts|cgroupns)(?:_?mode)?")
_SHOWN = frozenset({"loadbalancer", "nodeport", "externalname"})
_WRITES = re.compile(r"local_(?:sensitive_)?file")
_LOOKED_UP = re.compile(r"\w*(?:secret|ssm_parameter|credential|password|key_vault|kubeconfig)\w*")
_IMAGES = re.compile(r"\w+_(?:ami|ami_ids|images?|image_version|snapshot|template)s?|\w+_compute_image")
_RECORDS = re.compile(r"\w*_(?:dns_)?records?(?:_sets?)?|\w+_dns_\w+_record|\w*route53_record")
_POINTS_TO = re.compile(r"records?|content|value|rrdatas|target\w*|cname")
_SENT_TO = re.compile(
    r"(?:.*_)?(?:destination\w*|target_bucket|log\w*_bucket|bucket_arns?|endpoint|delivery_\w+)"
)
_NO_PATTERN = re.compile(
    r"(?:\w+_)?headers?|path\w*|values?|description|query_string\w*|name|filters?|cron\w*|schedule\w*"
)
_COMPOSES = re.compile(r"(?:override|source)_policy_documents|override_json|source_json")


def exposed_blocks(inner: Inner) -> Iterator[Finding]:
    """A block that opens something, put in where there was none."""
    if inner.before is None and inner.after is not None and _OPENS.fullmatch(inner.path[-1]):
        yield _ask("edit:open", inner.where, "a block that lets in, excepts or deletes something is put in")


def exposure_findings(change: Change) -> Iterator[Finding]:
    """What of a changed argument is let out, let in or read."""
    for rule, what in _said(change):
        yield _ask(rule, change.where, what)


def _said(change: Change) -> Iterator[tuple[str, str]]:
    kind = change.top.labels[0] if change.top.labels and change.top.kind in {"resource", "data"} else ""
    if change.after is None:
        yield from _gone(change, kind)
        return
    yield from _host(change)
    if _WRITES.fullmatch(kind) and any(leaf.quoted for leaf in change.fresh):
        yield "edit:file", "what is written on this machine, or where, is altered"
    if _COMPOSES.fullmatch(change.name):
        yield "edit:grant", "a policy is made of another one"
    if change.before is not None:
        yield from _elsewhere(change, kind)
        yield from _patterns(change)


def _gone(change: Change, kind: str) -> Iterator[tuple[str, str]]:
    if change.name == "effect" and change.before is not None and "deny" in change.before.text.lower():
        yield "edit:grant", "what was not allowed is allowed"
    if change.name in {"owners", "owner"} and _IMAGES.fullmatch(kind):
        yield "edit:image", "an image may be anybody's"


def _host(change: Change) -> Iterator[tuple[str, str]]:
    """What a machine or a container gets of its host, or shows of itself."""
    path, name = {part.lower() for part in change.path}, change.name.lower()
    texts = {leaf.text.lower() for leaf in change.leaves}
    of_host = "host" in texts and _HOST_MODES.fullmatch(name)
    if of_host or "host_path" in path | {name} or (name == "add" and "capabilities" in path):
        yield "edit:host_access", "it gets what belongs to its host"
    if texts & _SHOWN:
        yield "edit:open", "a service is shown to others"


def _elsewhere(change: Change, kind: str) -> Iterator[tuple[str, str]]:
    """What is looked up under another name, or sent to another place."""
    if not any(leaf.quoted for leaf in change.leaves):
        return
    looked_up = change.top.kind == "data"
    if looked_up and _LOOKED_UP.fullmatch(kind):
        yield "edit:secret", "another secret is looked up"
    if looked_up and _IMAGES.fullmatch(kind) and change.name in {"owners", "owner", "project", "publisher"}:
        yield "edit:image", "the image may be somebody else's"
    sent = _SENT_TO.fullmatch(change.name) or (
        "bucket" in change.name and any(map(_SENT_TO.fullmatch, change.path))
    )
    if sent or (_RECORDS.fullmatch(kind) and _POINTS_TO.fullmatch(change.name)):
        yield "edit:target", "what was sent to one place is sent to another"


def _patterns(change: Change) -> Iterator[tuple[str, str]]:
    """A name that became a pattern says more than it did."""
    old = [each for leaf in (change.before.leaves if change.before else ()) for each in expanded(leaf)]
    for leaf in change.leaves:
        mine = [each.text for each in old if each.keys == leaf.keys]
        stars = leaf.text.count("*") + leaf.text.count("/+")
        key = leaf.keys[-1].lower()
        if (
            mine
            and stars > max(text.count("*") + text.count("/+") for text in mine)
            and not _NO_PATTERN.fullmatch(key)
        ):
            yield "edit:grant", "a name became a pattern, so that it means more"


def _ask(rule: str, where: str, what: str) -> Finding:
    return Finding(rule=rule, verdict=Verdict.ASK, where=where, what=what)
