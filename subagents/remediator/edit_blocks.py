"""Blocks that come, go or change → which of them no edit may touch, and which need a person.

Decides by the kind of block and the name of the argument; what is not known
to be harmless is refused. Leaves what the arguments say to the other rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from contracts.proposal import Finding, Verdict
from subagents.remediator.edit_changes import Change, Changes, Inner, title
from subagents.remediator.edit_pairs import Pair
from subagents.remediator.edit_weakening import is_guard
from subagents.remediator.hcl import Block
from subagents.remediator.hcl_expression import REFERENCE, Expression

_RUNS_THINGS = ("provisioner", "connection")
_CHECKS = ("precondition", "postcondition", "validation", "assert")
_STATE = frozenset({"moved", "removed", "import"})
_OPEN_KINDS = frozenset({"resource", "data", "module", "variable", "output", "local", "setting", "terraform"})
"""Kinds in which arguments may change."""
_PLAIN_VARIABLE = frozenset({"type", "description", "default", "nullable", "sensitive", "ephemeral"})
_REACHES_OUT = re.compile(
    r"external|http|https?_\w+|local_(?:sensitive_)?file|remote_file|sops_\w+|terraform_remote_state|tfe_outputs"
    r"|(?:\w+_)?(?:command|exec|invocation|graphql|request)|shell_\w+|ssh_\w+|git_\w+|\w*curl\w*|restapi_\w+"
    r"|dns_\w+|tls_certificate|helm_template|kustomization_\w+|kubectl_\w*documents|carvel_\w+|jsonnet_\w+"
)
"""Data sources that run a program, call an address or read a file while Terraform plans."""
_VERSION_TEXT = re.compile(r'("version" = )"[^"$%]*"')
_FEWEST_GONE = 3


def block_findings(pair: Pair, found: Changes) -> Iterator[Finding]:
    """What the kind of a block says of its change."""
    where = f"{pair.file}: {title(pair.after or pair.before or Block())}"
    for rule, verdict, what in _whole(pair):
        yield Finding(rule=rule, verdict=verdict, where=where, what=what)
    if pair.after is not None:
        for inner in found.inner:
            yield from _inner(inner, pair)
        for change in found.arguments if pair.before is not None else ():
            yield from _argument(change)


_Said = Iterator[tuple[str, Verdict, str]]


def _whole(pair: Pair) -> _Said:
    if pair.after is None:
        if pair.before is not None and not pair.twin:
            yield from _gone(pair.before)
    elif pair.after.kind in _STATE:
        yield (
            "edit:state",
            Verdict.ASK,
            "a block that tells Terraform what became of a resource is put in or altered",
        )
    elif pair.after.kind == "provider":
        yield "edit:provider", Verdict.STOP, "a provider is configured"
    elif pair.before is None:
        yield from _new(pair.after, pair.file)
    else:
        yield from _altered(pair.before, pair.after, pair)


def _gone(block: Block) -> _Said:
    match block.kind:
        case "resource" | "module":
            yield (
                "edit:deletion",
                Verdict.STOP,
                "the block is taken away, so that what it stands for is destroyed",
            )
        case "provider" | "terraform":
            yield f"edit:{block.kind}", Verdict.STOP, "the block is taken away"
        case "variable" | "local" | "setting":
            return
        case kind if kind in _STATE:
            yield (
                "edit:state",
                Verdict.ASK,
                "a block that tells Terraform what became of a resource is taken away",
            )
        case "check":
            yield "edit:check", Verdict.ASK, "a check is taken away"
        case _:
            yield "edit:removal", Verdict.ASK, "the block is taken away"


def _new(block: Block, file: str) -> _Said:
    if block.kind == "local" or (block.kind == "setting" and file.endswith(".tfvars")):
        return
    match "" if file.endswith(".tfvars") else block.kind:
        case "variable":
            if not _is_plain(block):
                yield "edit:variable", Verdict.ASK, "a variable with more than a type and a default is put in"
        case "output":
            yield "edit:output", Verdict.ASK, "an output is put in"
        case "check" if not any(inner.kind == "data" for inner in block.inner()):
            yield "edit:check", Verdict.ASK, "a check is put in"
        case "resource" | "data" | "module" | "terraform" as kind:
            yield f"edit:{kind}", Verdict.STOP, "a block is put in"
        case _:
            yield "edit:block", Verdict.STOP, "a block of a kind that no edit may bring is put in"


def _is_plain(block: Block) -> bool:
    return {name for name, _ in block.arguments} <= _PLAIN_VARIABLE and all(
        inner.kind == "validation" for inner in block.blocks
    )


def _altered(before: Block, after: Block, pair: Pair) -> _Said:
    kind = after.kind
    if kind == "check":
        reads = [[b.text for b in block.inner() if b.kind == "data"] for block in (before, after)]
        if set(reads[1]) - set(reads[0]):
            yield "edit:data", Verdict.STOP, "a data source in a check is put in or altered"
        yield "edit:check", Verdict.ASK, "a check is altered"
    elif kind not in _OPEN_KINDS:
        yield "edit:block", Verdict.STOP, "a block of a kind that no edit may alter is altered"
    elif kind == "setting" and not pair.file.endswith(".tfvars"):
        yield "edit:block", Verdict.STOP, "an argument outside of any block is altered"
    if kind in {"resource", "module"}:
        yield from _instances(before, after, pair)
    elif kind == "data":
        yield from _source(after)


def _instances(before: Block, after: Block, pair: Pair) -> _Said:
    if pair.renamed:
        yield (
            "edit:rename",
            Verdict.ASK,
            "it gets a new name, so that Terraform destroys it and makes another",
        )
    if _is_emptied(before, after):
        yield "edit:deletion", Verdict.STOP, "the block is emptied"


def reaches_out(block: Block) -> bool:
    """Whether to look something up there means to run a program, to call an address or to read a file."""
    kind = block.labels[0] if block.labels else ""
    return block.kind in {"data", "ephemeral"} and _REACHES_OUT.fullmatch(kind) is not None


def _source(block: Block) -> _Said:
    if reaches_out(block):
        yield "edit:data", Verdict.STOP, "a data source that runs, calls or reads something is altered"


def _is_emptied(before: Block, after: Block) -> bool:
    """Whether nothing is left of it, or most of it is gone."""
    was, now = _size(before), _size(after)
    return (was > 0 and now == 0) or (was - now >= _FEWEST_GONE and now * 2 < was)


def _size(block: Block) -> int:
    return sum(len(each.arguments) or 1 for each in block.blocks) + len({name for name, _ in block.arguments})


def _inner(inner: Inner, pair: Pair) -> Iterator[Finding]:
    kind = inner.path[len(inner.path) - 1 - len((inner.after or inner.before or Block()).labels)]
    for rule, verdict, what in _inner_said(kind, inner, pair):
        yield Finding(rule=rule, verdict=verdict, where=inner.where, what=what)


def _inner_said(kind: str, inner: Inner, pair: Pair) -> _Said:
    gone = inner.after is None
    if kind in _RUNS_THINGS:
        verdict = Verdict.ASK if gone else Verdict.STOP
        yield "edit:provisioner", verdict, f"a {kind} is " + ("taken away" if gone else "put in or altered")
    elif kind == "lifecycle" or "lifecycle" in inner.path:
        yield "edit:lifecycle", Verdict.ASK, "it is altered how Terraform treats the resource"
    elif kind in _CHECKS and not (kind == "validation" and pair.before is None) and not _is_reworded(inner):
        yield "edit:check", Verdict.ASK, f"a {kind} is put in, altered or taken away"
    elif gone and is_guard(kind):
        yield "edit:protection", Verdict.ASK, "a block that protects is taken away"
    elif _is_altered_terraform(pair) and kind != "required_providers":
        yield "edit:terraform", Verdict.STOP, "a setting of Terraform is put in, altered or taken away"


def _is_reworded(inner: Inner) -> bool:
    """Whether a check says something else when it fails, in plain words, and nothing else."""
    if inner.before is None or inner.after is None:
        return False
    old, new = ([a for a in b.arguments if a[0] != "error_message"] for b in (inner.before, inner.after))
    said = inner.after.values("error_message")
    plain = len(said) == 1 and not (said[0].names or said[0].calls)
    return plain and old == new and inner.before.blocks == inner.after.blocks and inner.before.raw is None


def _is_altered_terraform(pair: Pair) -> bool:
    return pair.before is not None and pair.after is not None and pair.after.kind == "terraform"


def _argument(change: Change) -> Iterator[Finding]:
    for rule, verdict, what in _argument_said(change):
        yield Finding(rule=rule, verdict=verdict, where=change.where, what=what)


def _argument_said(change: Change) -> _Said:
    kind, name = change.top.kind, change.name
    if kind == "terraform":
        yield from _terraform(change)
    elif kind == "module" and not change.path and name in {"source", "version", "providers"}:
        yield (
            "edit:module",
            Verdict.STOP,
            "it is altered where a module comes from or which providers it gets",
        )
    elif name == "provider" and not change.path and kind in {"resource", "data"}:
        yield "edit:provider", Verdict.ASK, "another configuration of the provider is used"
    elif name == "depends_on" and change.before is not None:
        was, kept = _waited_for(change.before), _waited_for(change.after)
        if not was <= kept or not was:
            yield "edit:depends_on", Verdict.ASK, "something is not waited for any more"


def _waited_for(value: Expression | None) -> set[str]:
    """The objects of a `depends_on`; in quotes they are the same."""
    if value is None:
        return set()
    names = value.names | {leaf.text for leaf in value.leaves if REFERENCE.fullmatch(leaf.text)}
    return {".".join(name.split(".")[: 3 if name.startswith("data.") else 2]) for name in names}


def _terraform(change: Change) -> _Said:
    before, after = change.before, change.after
    versions = not change.path and change.name == "required_version"
    if change.path == ("required_providers",) and before is not None and after is not None:
        blank = [_VERSION_TEXT.sub(r"\1", each.text) for each in (before, after)]
        versions = blank[0] == blank[1] and not after.calls
    if versions and after is not None:
        yield "edit:version", Verdict.ASK, "a version that is required is altered"
    else:
        yield "edit:terraform", Verdict.STOP, "a setting of Terraform is put in, altered or taken away"
