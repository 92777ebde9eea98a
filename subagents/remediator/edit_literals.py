"""What an argument newly says → hosts, paths and secrets that no edit may bring in.

Decides by the literals alone, whatever argument they stand in. Leaves what an
argument does to the safety of a resource to `edit_weakening`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from contracts.proposal import Finding, Verdict
from subagents.remediator.edit_changes import Change
from subagents.remediator.edit_hosts import hosts, is_known
from subagents.remediator.edit_secrets import is_named_secret, shapes
from subagents.remediator.hcl import Block
from subagents.remediator.hcl_expression import GAP, Leaf

_HOME = re.compile(r"~[\w.-]*/|[A-Za-z]:[\\/]|\\\\|file:", re.IGNORECASE)
_ROOTS = re.compile(
    r"/(?:etc|root|home|Users|proc|sys|boot|dev/shm|tmp|run|var/(?:run|tmp|lib|log|spool))(?:/|$)"
)
_FILE_KEYS = re.compile(
    r"(?:.*_)?(?:file|files|filename|filepath|dir|directory|source|sources|program|working_dir|kubeconfig|config_paths?"
    r"|key_path|credentials|host_path|output_path|interpreter|template|script|root_path)"
)
_INSIDE_KEYS = re.compile(
    r"(?:.*_)?(?:mount_?paths?|container_?path|mount_?point|device_?names?|command|args|entry_?point|working_directory"
    r"|log_?group\w*|key|name|prefix|health_check\w*|path|path_patterns?|uri|url|route|route_key|target|home_directory"
    r"|root_directory|user_data\w*|inline|custom_data|description|content|value|scope|resource_id|parent)",
    re.IGNORECASE,
)
_KEPT_CLOSE = re.compile(r"(?:^|/)(?:\.[\w-]|[^/]*\.(?:tfstate|tfvars|pem|key|env)\b)")
_PATH = re.compile(r"/[\w.@+-]+(?:/[\w.@+-]+)+/?")
_UP = re.compile(r"(?:^|/)\.\.(?:/|$)")
_ACCOUNT = re.compile(r"\barn:[a-z-]+:[^:\s]*:[^:\s]*:(\d{12}):")
_ACCOUNT_ALONE = re.compile(r"\d{12}")
_ADDRESS_IN_PIECES = re.compile(
    rf"(?:\d{{1,3}}|{GAP})(?:\.(?:\d{{1,3}}|{GAP})){{3}}(?:/(?:\d{{1,3}}|{GAP}))?"
)
_NO_HOST_KEYS = re.compile(
    r"(?:.*_)?(?:handler|runtime|family|instance_type|engine_version|version|description|entry_point)"
)


class Said:
    """What the module said before any edit: the hosts and accounts it knew."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        texts = [text for block in blocks for text in _texts(block)]
        self.hosts = frozenset(host for text in texts for host, _ in hosts(text))
        self.accounts = frozenset(found for text in texts for found in _accounts(text))
        self.shapes = frozenset(found for text in texts for found in shapes(Leaf(("",), text, quoted=True)))


def _accounts(text: str) -> list[str]:
    return [text] if _ACCOUNT_ALONE.fullmatch(text) else _ACCOUNT.findall(text)


def _texts(block: Block) -> Iterator[str]:
    for each in (block, *block.inner()):
        yield from [each.raw] if each.raw is not None else []
        for _, value in each.arguments:
            yield from (*value.keys, *(leaf.text for leaf in value.leaves))


def literal_findings(change: Change, said: Said) -> Iterator[Finding]:
    """What the new literals of an argument bring in."""
    certain = change.after is not None and not change.after.names
    fresh = [leaf._replace(text=leaf.text.replace(GAP, "")) if certain else leaf for leaf in change.fresh]
    for leaf in fresh:
        if leaf.quoted and (is_named_secret(leaf) or not said.shapes.issuperset(shapes(leaf))):
            yield _finding(
                "edit:secret", Verdict.STOP, change, "a literal that looks like a secret is put in"
            )
    yield from _hosts(change, said)
    for leaf in change.leaves:
        if not said.accounts.issuperset(_accounts(leaf.text)):
            yield _finding(
                "edit:account", Verdict.ASK, change, "an account that the module did not name is named"
            )
        if GAP in leaf.text and _ADDRESS_IN_PIECES.fullmatch(leaf.text):
            yield _finding(
                "edit:hidden", Verdict.ASK, change, "a network address is put together from pieces"
            )
    for leaf in fresh:
        verdict = _path_verdict(leaf, is_free=change.top.kind in {"local", "variable", "setting"})
        if verdict is not None:
            yield _finding("edit:path", verdict, change, "a path that leads out of the module is put in")


def _hosts(change: Change, said: Said) -> Iterator[Finding]:
    """The hosts in new literals; also in new keys, which only name what a value is about."""
    leaves = [leaf for leaf in change.leaves if not _NO_HOST_KEYS.fullmatch(leaf.keys[-1].lower())]
    found = [each for leaf in leaves for each in hosts(leaf.text)]
    keys = (change.after.keys if change.after else frozenset()) - (
        change.before.keys if change.before else set()
    )
    found += [(host, Verdict.ASK) for key in sorted(keys) for host, _ in hosts(key)]
    for host, verdict in found:
        if not is_known(host, said.hosts):
            yield _finding("edit:host", verdict, change, "a host is named that the module did not name")


def _path_verdict(leaf: Leaf, *, is_free: bool) -> Verdict | None:
    """Whether it is a path on the machine that runs Terraform; `is_free`: under any name one likes."""
    text, key = leaf.text, leaf.keys[-1].lower()
    if not leaf.quoted or "\n" in text:
        return None
    if _HOME.match(text) or (
        _FILE_KEYS.fullmatch(key) and (text.startswith("/") or _KEPT_CLOSE.search(text))
    ):
        return Verdict.STOP
    named = bool(_INSIDE_KEYS.fullmatch(key)) and not is_free
    inside = named or text.startswith(("/aws/", "/subscriptions/"))
    if _ROOTS.match(text) and not inside:
        return Verdict.STOP
    return Verdict.ASK if _UP.search(text) or (_PATH.fullmatch(text) and not inside) else None


def _finding(rule: str, verdict: Verdict, change: Change, what: str) -> Finding:
    return Finding(rule=rule, verdict=verdict, where=change.where, what=what)
