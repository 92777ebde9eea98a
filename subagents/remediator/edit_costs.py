"""What an edit chooses that is paid for by its size: machines, tiers, disks, numbers of them.

Decides by the names of arguments, and by what locals, variables and modules such
an argument reads. A person is asked unless the new value is of the same family
and no larger: a spelling, a generation and a smaller size are a repair. Leaves
`count` and `for_each` to `edit_counts`; knows no price.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from contracts.proposal import Finding, Verdict
from subagents.remediator.edit_changes import Change
from subagents.remediator.edit_counts import COUNTS
from subagents.remediator.edit_reach import Node, Reach, node
from subagents.remediator.hcl import Block
from subagents.remediator.hcl_expression import GAP, Expression, Leaf

_COSTS = re.compile(
    r"(?:\w+_)?(?:instance|machine|vm|node|server|compute|cluster|worker|master|broker)_(?:types?|class|size|sku|shape)"
    r"|(?:\w+_)?sku(?:_\w+)?|(?:service_|pricing_|performance_|account_|access_)?tier|(?:service_)?plan(?:_id)?|edition"
    r"|size(?:_slug)?|flavor(?:_name|_id)?|shape|db_instance_class|(?:volume|storage|disk|accelerator)_type"
    r"|(?:\w+_)?(?:disk|volume|storage|cache|memory)_(?:size|gb|mb|gib|mib)(?:_\w+)?|size_(?:in_)?[gmt]i?bs?"
    r"|(?:\w+_)?allocated_storage|storage|(?:\w+_)?iops|(?:\w+_)?throughput(?:_\w+)?|(?:\w+_)?capacity(?:_units)?"
    r"|(?:\w+_)?(?:cpus?|vcpus?|ocpus?|cores|memory|gpus?)"
    r"|(?:min|max|desired|initial|target)_(?:size|count|capacity|instances|nodes|node_count|replicas)"
    r"|(?:\w+_)?(?:node|instance|shard|replica|worker|broker)_count|(?:\w+_)?replicas"
    r"|num(?:ber_of)?_(?:\w+_)?(?:nodes|instances|shards|replicas|workers|groups)"
    r"|provisioned_concurrent_executions|guest_accelerator|(?:\w+_)?instances"
)
_MACHINE = re.compile(r"\w+_(?:instance|server|machine|node|node_pool|cluster|disk|volume|ebs_volume)")
_FREE = re.compile(
    r"terraform_data|(?:null|random|local|time|tls|archive|template|docker|libvirt|lxd|incus|proxmox)_\w+"
)
"""Resources that live in the state, on this machine, or on machines of one's own."""
_LEAST = re.compile(r"(?:[a-z0-9-]+[.-])+(?:nano|micro)")
"""The smallest machines that clouds have are a few dollars a month."""
_VALUES = frozenset({"local", "variable", "setting", "output", "module"})
_NAMESPACES = frozenset({"var", "local", "data", "module"})
_PREFIX = re.compile(r"^(?:db|cache|search|ml|dax)\.|(?<=_v)\d+$")
_UNIT = re.compile(r"(?<=\d)([kmgt])i?b?$")
_GENERATION = re.compile(r"^([a-z]+)\d+(?=[a-z]*\.)")
_PART = re.compile(r"[a-z]+|\d+")
_NUMBER = re.compile(r"(\d+(?:\.\d+)?) ?g?")
_SIZES = ("nano", "micro", "small", "medium", "large", "xlarge")
_SHORTEST, _NEAR = 4, 0.8
_SUMS = re.compile(r"(?:^| )[-+*/%] ")


def cost_findings(reach: Reach, changes: Sequence[tuple[str, Change]]) -> Iterator[Finding]:
    """What of the changed arguments, each with its file, may cost more than before."""
    wanted = dict[Node, set[str]]()
    for place, key in _sized(reach):
        wanted.setdefault(place, set()).add(key)
    lost = [change.before for _, change in changes if change.before and change.after is None]
    gone = {leaf.text for value in lost for leaf in value.leaves}
    for file, change in changes:
        top = change.top
        leaves: Iterable[Leaf] = ()
        if top.kind in _VALUES:
            argument = change.path[0] if change.path else change.name
            start = reach.start(file, top, argument)
            further = reach.of([start]) - {start} if start else frozenset()
            keys = {""} if further & wanted.keys() else wanted.get(start, set()) if start else set()
            leaves = [leaf for leaf in change.leaves if "" in keys or not keys.isdisjoint(leaf.keys)]
        elif top.kind == "resource" and not _FREE.fullmatch(top.labels[0] if top.labels else ""):
            leaves = [
                leaf for leaf in change.leaves if _is_sized(top, (*change.path, change.name, *leaf.keys))
            ]
        if any(_may_cost_more(change, leaf, gone) for leaf in leaves):
            what = "it may cost more: the size, kind or number of something that is paid for"
            yield Finding(rule="edit:cost", verdict=Verdict.ASK, where=change.where, what=what)


def _sized(reach: Reach) -> Iterator[tuple[Node, str]]:
    """What sizes refer to, each with the attribute of it that counts; empty: all of it."""
    for placed in reach.blocks:
        folder, block = placed
        free = block.kind == "resource" and _FREE.fullmatch(block.labels[0] if block.labels else "")
        if free or block.kind not in {"resource", "module"} or reach.child(placed) is not None:
            continue
        blocks = (block, *block.inner())
        loops = {n for one in blocks for kind in COUNTS for value in one.values(kind) for n in value.names}
        for inner in blocks:
            path = () if inner is block else (inner.kind,)
            for name, value in inner.arguments:
                if name not in COUNTS and _is_sized(block, (*path, name, *value.keys)):
                    for said in value.names:
                        yield from _read(folder, said, loops)


def _read(folder: str, said: str, loops: set[str]) -> Iterator[tuple[Node, str]]:
    parts = said.split(".")
    if parts[0] in _NAMESPACES:
        rest = parts[3 if parts[0] == "data" else 2 :]
        yield node(folder, said), rest[-1] if rest and parts[0] != "module" else ""
    else:  # what is repeated goes by `each`, or by the name of its block
        for loop in loops:
            yield node(folder, loop), parts[-1] if len(parts) > 2 else ""  # noqa: PLR2004 - each.value.x


def _is_sized(top: Block, keys: Sequence[str]) -> bool:
    kind = top.labels[0] if top.labels else ""
    typed = set(keys) == {"type"} and _MACHINE.fullmatch(kind)
    return bool(typed) or any(_COSTS.fullmatch(key.lower()) for key in keys)


def _may_cost_more(change: Change, leaf: Leaf, gone: set[str]) -> bool:
    before, after = change.before, change.after
    if after is None or (not leaf.quoted and leaf.text in {"true", "false", "null"}):
        return False
    if before is None:
        return leaf.text not in gone and not _LEAST.fullmatch(leaf.text)
    if GAP in leaf.text or change.calls or len(_SUMS.findall(after.text)) > len(_SUMS.findall(before.text)):
        return True
    return not _LEAST.fullmatch(leaf.text) and not any(
        _is_no_more(was, leaf.text) for was in _gave_way(before, after, leaf)
    )


def _gave_way(before: Expression, after: Expression, leaf: Leaf) -> Iterator[str]:
    """What is there no longer, of the same key; without quotes it was a reference."""
    gone = (Counter(before.leaves) - Counter(after.leaves)).elements()
    yield from (one.text for one in gone if one.keys == leaf.keys or len(before.leaves) == 1)
    if not before.leaves:
        yield before.text.replace(" ", "")


def _is_no_more(was: str, now: str) -> bool:
    was, now = was.lower().strip(), now.lower().strip()
    was, now = (_UNIT.sub(r"\1", text) for text in (was, now))
    old, new = _NUMBER.fullmatch(was), _NUMBER.fullmatch(now)
    if new:
        return old is not None and float(new[1]) <= float(old[1])
    was, now = (_GENERATION.sub(r"\1", _PREFIX.sub("", text)) for text in (was, now))
    parts = _PART.findall(was), _PART.findall(now)
    return len(parts[0]) == len(parts[1]) and all(map(_is_part_no_more, *parts))


def _is_part_no_more(was: str, now: str) -> bool:
    if was == now:
        return True
    if was.isdecimal() and now.isdecimal():
        return int(now) <= int(was)
    if was in _SIZES:
        return now in _SIZES and _SIZES.index(now) <= _SIZES.index(was)
    near = difflib.SequenceMatcher(None, was, now).ratio() >= _NEAR and abs(len(was) - len(now)) <= 1
    return near and min(len(was), len(now)) >= _SHORTEST
