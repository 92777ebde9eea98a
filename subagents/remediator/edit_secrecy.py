"""Marks of secrecy, and what reads something secret → what an edit must not lay open.

Knows which variables are marked, and which locals come from one of them, from
a file or from something called a secret. Decides on outputs, on the marks
themselves, and on what is newly told a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from contracts.proposal import Finding, Verdict
from subagents.remediator.edit_calls import DENIED
from subagents.remediator.edit_changes import Change, title
from subagents.remediator.edit_pairs import Pair, is_near
from subagents.remediator.hcl import Block
from subagents.remediator.hcl_expression import REFERENCE, Expression

_MARKS = ("sensitive", "ephemeral")
_SECRET_PART = re.compile(
    r"(?:.*_)?(?:password|passwd|secrets?|token|private_key(?:_\w+)?|secret_key|access_key|api_key|credentials?|secret_\w+"
    r"|kube_(?:admin_)?config\w*|plaintext_value|client_key|ses_smtp_password\w*|connection_string|primary_key|secondary_key|key_material|auth_token)"
)
_NO_SECRET = re.compile(r".*_(?:arn|id|name|version|length|type|ids|arns|path|url)")
_HOLDS = frozenset(
    {"data", "data_json", "value", "binary_data", "secret_binary", "raw", "result", "hex", "key", "secret_id"}
)
"""What holds the secret in a resource whose type is called one."""
_SECRET_TYPE = re.compile(
    r"secret|ssm_parameter|sops_|password|credential|api_key|tailnet_key|acl_token|random_(?:string|bytes)"
)


class Secrecy:
    """What in a module leads to something secret; `marked` are the variables with a mark."""

    def __init__(self, blocks: Sequence[Block], marked: frozenset[str]) -> None:
        self._marked = marked
        values = [
            (name, value) for block in blocks if block.kind == "locals" for name, value in block.arguments
        ]
        self._locals = self._leading(values, files=True)
        self._told = self._leading(values, files=False)
        self.outputs = {
            (".".join(block.labels), value.text)
            for block in blocks
            if block.kind == "output"
            for value in block.values("value")
            if self._reads_secret(value)
        }
        """Those that read something secret: their name, and what they read."""

    def read_by(self, value: Expression) -> frozenset[str]:
        """What a value refers to that is secret itself, which not every file is."""
        return frozenset(name for name in value.names if self._is_secret(name, self._told))

    def _leading(self, values: Sequence[tuple[str, Expression]], *, files: bool) -> frozenset[str]:
        """The locals that come from something secret, through however many others."""
        found, size = frozenset[str](), -1
        while len(found) != size:
            size = len(found)
            found = frozenset(name for name, value in values if self._is_of_secret(value, found, files))
        return found

    def _reads_secret(self, value: Expression) -> bool:
        return self._is_of_secret(value, self._locals, files=True)

    def _is_of_secret(self, value: Expression, secret: frozenset[str], files: bool) -> bool:  # noqa: FBT001
        calls = files and any(DENIED.fullmatch(call.name) for call in value.calls)
        return calls or any(self._is_secret(name, secret) for name in value.names)

    def _is_secret(self, name: str, secret: frozenset[str]) -> bool:
        root, *rest = name.split(".")
        match root, rest:
            case "var", [variable, *_]:
                return variable in self._marked
            case "local", [local, *_]:
                return local in secret
            case "random_password", _:
                return rest[-1:] in (["result"], ["bcrypt_hash"])
        last = rest[-1] if rest else ""
        if last in _HOLDS and _SECRET_TYPE.search(rest[0] if root == "data" else root):
            return True
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


def told_before(block: Block | None) -> frozenset[str]:
    """What a block reads elsewhere than under names of secrets."""
    found = set[str]()
    for one in (block, *block.inner()) if block is not None else ():
        found.update(
            *(value.names for name, value in one.arguments if not _SECRET_PART.fullmatch(name)),
            REFERENCE.findall(one.raw or ""),
        )
    return frozenset(found)


def told_secrets(change: Change, had: frozenset[str], secrecy: Secrecy) -> Iterator[Finding]:
    """An argument that newly reads a secret, and is none by its name; `had`: see `told_before`.

    A mark keeps a value from Terraform's own words, and from no tag, record or machine it is sent to.
    A name that is only mended says what was meant before.
    """
    if change.after is None or any(map(_SECRET_PART.fullmatch, (*change.path, change.name))):
        return
    old = change.before.names if change.before else frozenset()
    new = (name for name in secrecy.read_by(change.after) - had if not any(is_near(name, one) for one in old))
    if change.top.kind not in {"output", "variable"} and any(new):
        verdict = Verdict.STOP if change.top.kind == "data" else Verdict.ASK
        yield _finding("edit:secret", verdict, change.where, "it is told a secret that it was not told")


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
