"""Marks of secrecy, and what reads something secret → what an edit must not lay open.

Knows which variables are marked, and which locals come from one of them, from
a file or from something called a secret. Decides on outputs and on the marks
themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from contracts.proposal import Finding, Verdict
from subagents.remediator.edit_calls import DENIED
from subagents.remediator.edit_changes import Change, title
from subagents.remediator.edit_pairs import Pair
from subagents.remediator.hcl import Block
from subagents.remediator.hcl_expression import Expression

_MARKS = ("sensitive", "ephemeral")
_SECRET_PART = re.compile(
    r"(?:.*_)?(?:password|passwd|secrets?|token|private_key(?:_\w+)?|secret_key|access_key|api_key|credentials?|secret_\w+"
    r"|kube_config\w*|connection_string|primary_key|secondary_key|key_material|auth_token)"
)
_NO_SECRET = re.compile(r".*_(?:arn|id|name|version|length|type|ids|arns|path|url)")


class Secrecy:
    """What in a module leads to something secret; `marked` are the variables with a mark."""

    def __init__(self, blocks: Sequence[Block], marked: frozenset[str]) -> None:
        self._marked = marked
        values = [
            (name, value) for block in blocks if block.kind == "locals" for name, value in block.arguments
        ]
        self._locals: frozenset[str] = frozenset()
        size = -1
        while len(self._locals) != size:
            size = len(self._locals)
            self._locals = frozenset(name for name, value in values if self._reads_secret(value))
        self.outputs = {
            (".".join(block.labels), value.text)
            for block in blocks
            if block.kind == "output"
            for value in block.values("value")
            if self._reads_secret(value)
        }
        """Those that read something secret: their name, and what they read."""

    def _reads_secret(self, value: Expression) -> bool:
        calls = any(DENIED.fullmatch(call.name) for call in value.calls)
        return calls or any(self._is_secret(name) for name in value.names)

    def _is_secret(self, name: str) -> bool:
        root, *rest = name.split(".")
        match root, rest:
            case "var", [variable, *_]:
                return variable in self._marked
            case "local", [local, *_]:
                return local in self._locals
            case "random_password", _:
                return rest[-1:] in (["result"], ["bcrypt_hash"])
        last = rest[-1] if rest else ""
        return _SECRET_PART.fullmatch(last) is not None and _NO_SECRET.fullmatch(last) is None


def is_marked(block: Block) -> bool:
    """Whether the block is marked as secret."""
    return any(value.text != "false" for mark in _MARKS for value in block.values(mark))


def marked(blocks: Iterable[Block]) -> frozenset[str]:
    """The variables that are marked as secret."""
    return frozenset(
        label for block in blocks if block.kind == "variable" and is_marked(block) for label in block.labels
    )


def mark_findings(change: Change, marked: frozenset[str]) -> Iterator[Finding]:
    """What an argument does to a mark, or to a marked variable."""
    name, after = change.name, change.after
    match change.top.kind if not change.path else "":
        case "variable" | "output" if (
            name in _MARKS and change.before and (not after or after.text != "true")
        ):
            yield _finding("edit:sensitive", Verdict.STOP, change.where, "a mark of secrecy is taken away")
        case "variable" if name == "default" and after and after.text != "null" and is_marked(change.top):
            yield _finding("edit:sensitive", Verdict.ASK, change.where, "a variable marked as secret is set")
        case "setting" if name in marked:
            yield _finding("edit:sensitive", Verdict.ASK, change.where, "a variable marked as secret is set")


def laid_open(before: Secrecy, after: Secrecy) -> Iterator[Finding]:
    """Outputs that read something secret, where none of that name or with that value did."""
    was = {each for output in before.outputs for each in output}
    for name, value in sorted(after.outputs):
        if name not in was and value not in was:
            yield _finding("edit:output", Verdict.STOP, f"output {name}", "an output reads something secret")


def unmarked(pairs: Sequence[Pair]) -> Iterator[Finding]:
    """A variable or output that is marked goes, while one that is not comes under another name."""
    came = [pair.after for pair in pairs if pair.before is None and pair.after is not None]
    for pair in pairs:
        block = pair.before if pair.after is None else None
        if block is None or not is_marked(block):
            continue
        if any(other.kind == block.kind and not is_marked(other) for other in came):
            where = f"{pair.file}: {title(block)}"
            yield _finding(
                "edit:sensitive", Verdict.STOP, where, "a marked block makes room for one without a mark"
            )


def _finding(rule: str, verdict: Verdict, where: str, what: str) -> Finding:
    return Finding(rule=rule, verdict=verdict, where=where, what=what)
