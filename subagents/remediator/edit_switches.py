"""What an argument turns, loosens, points elsewhere or hides in a sum → for a person, whatever it is called.

No list of names knows every provider's protections. A repair mends what was
wrong; to turn a switch that Terraform took, to say another of two opposite
words, to swap one declared object for another, or to work out what could be
written down is a choice. Leaves names that are known to `edit_weakening`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from contracts.proposal import Finding, Verdict
from subagents.remediator.edit_changes import Change
from subagents.remediator.edit_embedded import expanded
from subagents.remediator.edit_pairs import is_near
from subagents.remediator.edit_weakening import decides
from subagents.remediator.hcl_expression import Expression, Leaf

_BOOLS = frozenset({"true", "false"})
_OPPOSITES = frozenset(
    re.findall(
        r"\w+",
        r"true false on off yes no enabled disabled enable disable active inactive allow deny accept drop"
        r" reject permit block bypass skip ignore fail public private internal external required optional"
        r" strict flexible full audit enforce enforced warn restricted baseline privileged unconfined"
        r" whitelist allowlist challenge ingress egress inbound outbound prevention detection strictest"
        r" monitor defensive trust count",
    )
)
"""Words of which one says another thing about safety than the next."""
_LOOSE = frozenset(
    re.findall(
        r"\w+",
        r"off none disabled disable bypass skip ignore public anonymous allow accept permit all any"
        r" unencrypted insecure unconfined privileged root admin administrator owner sudo optional everyone"
        r" everybody unrestricted flexible mutable external host http always write maintain push full"
        r" delete",
    )
)
"""Words that loosen what they stand in."""
_TIGHT = frozenset(["https", "immutable", "read", "member", "viewer", "encrypted", "restricted", "locked"])
"""Words that are no misspelt form of the looser ones they look like."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_MOST_CHARACTERS = 64
_FREE_TEXT = re.compile(r"(?:\w+_)?(?:name|description|comment|title|label|labels|tags|summary|message)")
_SHOWS = re.compile(
    r"to(?:set|list|map|string|number|bool)|(?:json|yaml)encode|concat|merge|\$\{\}|format\w*|join|lower|upper|title"
    r"|replace|trim\w*|split|substr|chomp|flatten|compact|distinct|range|max|length|keys|values|zipmap|sort|setunion"
)
"""Calls that leave what they are given to be read, or that are judged elsewhere."""
_WORKS = re.compile(r"(?:^| )(?:[-+*/%<>!]|[<>!=]=|&&|\|\|) |\?")
_OBJECT = re.compile(r"(?!(?:var|local|each|self|path|count|terraform|module)\.)(?:data\.)?[\w-]+\.[\w-]+")


def switch_findings(change: Change, declared: frozenset[str]) -> Iterator[Finding]:
    """What of a changed argument is a choice and no repair; `declared` is what the module declared before."""
    if change.before is None or change.after is None:
        return
    asks = change.top.kind == "data" and "policy" not in "".join(change.top.labels[:1])  # and changes nothing
    if not asks and any(_is_turned(leaf, change.before) for leaf in change.leaves):
        yield _ask(
            "edit:switch", change, "what was switched one way, or said to keep out, says another thing"
        )
    elif not asks and change.before.text in _BOOLS and not _is_said(change.after, change.before.text):
        yield _ask("edit:switch", change, "a switch hangs on something else than before")
    if change.top.kind == "variable" and change.name == "type" and change.leaves:
        yield _ask("edit:switch", change, "what is taken where nothing is given is altered")
    checked = change.name == "condition"  # of a check, which fails by itself
    if change.before.text == change.after.text and decides(change.name.lower()) and not checked:
        yield _ask("edit:protection", change, "what protects hangs on what is altered")
    if (
        _is_worked_out(change.after)
        and not _is_worked_out(change.before)
        and change.name not in {"count", "for_each"}
    ):
        yield _ask("edit:hidden", change, "it is worked out what could be written down")
    if _is_swapped(change.before, change.after, declared):
        yield _ask("edit:target", change, "it is another object that the module has")


def _is_turned(leaf: Leaf, before: Expression) -> bool:
    """Whether it says the opposite of what stood under the same key, or loosens that."""
    key = leaf.keys[-1].lower()
    if len(leaf.text) > _MOST_CHARACTERS or " " in leaf.text or _FREE_TEXT.fullmatch(key):
        return False
    old = [each for one in before.leaves for each in expanded(one) if each.keys == leaf.keys]
    if not old or any(each.text.lower() == leaf.text.lower() for each in old):
        return False
    now = set(_words(leaf.text))
    for each in old:
        was = set(_words(each.text))
        alike = each.quoted == leaf.quoted or was | now <= _BOOLS
        opposite = alike and len(was) == len(now) == 1 and was | now <= _OPPOSITES
        near = is_near(each.text.lower(), leaf.text.lower()) and not (was - now) & (
            _OPPOSITES | _LOOSE | _TIGHT
        )
        if opposite or ((now - was) & _LOOSE and not near):
            return True
    return False


def _is_said(value: Expression, switch: str) -> bool:
    """Whether it says the same, or is a text, which tells for itself that no switch was wanted."""
    said = value.text.replace("(", "").replace(")", "").strip()
    plain = (
        len(value.leaves) == 1
        and said == f'"{value.leaves[0].text}"'
        and said.strip('"') not in {"", "0", "1"}
    )
    return said.strip('"') == switch or plain


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _is_worked_out(value: Expression) -> bool:
    """Whether it comes of nothing but what is written in it, and has to be worked out."""
    if value.names:
        return False
    bare = re.sub(r'"[^"]*"', '""', value.text)
    return _WORKS.search(bare) is not None or any(not _SHOWS.fullmatch(call.name) for call in value.calls)


def _is_swapped(before: Expression, after: Expression, declared: frozenset[str]) -> bool:
    """Whether objects that the module has gave way to others that it has, too."""
    was, now = ({_object(name) for name in value.names} - {""} for value in (before, after))
    return bool(was - now) and bool(now - was) and was | now <= declared


def _object(name: str) -> str:
    found = _OBJECT.match(name)
    return found.group() if found else ""


def _ask(rule: str, change: Change, what: str) -> Finding:
    return Finding(rule=rule, verdict=Verdict.ASK, where=change.where, what=what)
