"""What an argument hands over: code that machines run, logins, identities, how much there is and how long.

Decides by the names of arguments and the literals under them; an edit of such a
thing may be right, and is for a person all the same. Leaves grants and
protections to `edit_weakening`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from contracts.proposal import Finding, Verdict
from subagents.remediator.edit_changes import Change
from subagents.remediator.hcl_expression import Leaf

_RUNS = re.compile(
    r"user_data(?:_\w+)?|custom_data|(?:\w+_)?startup_script(?:_\w+)?|(?:windows_)?shutdown_script|cloud_?init\w*"
    r"|(?:boot|init|bootstrap|install)_?(?:script|commands?)|bootcmd|runcmd|command_to_execute|buildspec"
)
"""What a machine runs when it starts, with all its rights."""
_LETS_IN = re.compile(r"(?:ssh_)?public_keys?(?:_\w+)?|(?:ssh_)?authorized_keys?|ssh_keys?|key_data")
_IS = re.compile(
    r"iam_instance_profile|(?:\w+_)?role_arn|assume_role_policy|service_account(?:_name|_email)?|principals?|federated"
)
"""Who something acts as, or who may act as it."""
_POWERFUL = re.compile(r"(?:iam|sts|sso|organizations|account):(?!get|list|describe)\S+|\S*\?\*")
_ACTIONS = re.compile(r"(?:not_?)?actions?|permissions|verbs")
_HOW_MANY = re.compile(
    r"(?:min|max|desired)_(?:size|count|capacity|instances|nodes)|desired_(?:count|size)|(?:node|instance)_count|replicas"
)
_DAYS = re.compile(r"(?:\w+_)?days")


def power_findings(change: Change) -> Iterator[Finding]:
    """What of the argument a person must see."""
    path = {part.lower() for part in (*change.path, change.name)}
    for leaf in change.fresh:
        keys = path | {key.lower() for key in leaf.keys}
        if any(map(_RUNS.fullmatch, keys)):
            yield _ask("edit:code", change, "what a machine runs when it starts is altered")
        elif any(map(_LETS_IN.fullmatch, keys)):
            yield _ask("edit:login", change, "a key with which somebody may log in is altered")
        elif leaf.quoted and any(map(_IS.fullmatch, keys)):
            yield _ask("edit:identity", change, "who something acts as, or who may act as it, is altered")
        elif any(map(_ACTIONS.fullmatch, keys)) and _POWERFUL.fullmatch(leaf.text.lower()):
            yield _ask("edit:grant", change, "it lets rights be handed out")
    for leaf in change.leaves:
        yield from _less(leaf, path | {key.lower() for key in leaf.keys}, change)


def _less(leaf: Leaf, keys: set[str], change: Change) -> Iterator[Finding]:
    before = change.before.text.strip('"') if change.before is not None else ""
    if not before.isdecimal() or not leaf.text.isdecimal() or int(leaf.text) >= int(before):
        return
    if leaf.text == "0" and any(map(_HOW_MANY.fullmatch, keys)):
        yield _ask("edit:count", change, "nothing is left running of what it counts")
    elif any("expir" in key for key in keys) and any(map(_DAYS.fullmatch, keys)):
        yield _ask("edit:protection", change, "what is kept is deleted sooner")


def _ask(rule: str, change: Change, what: str) -> Finding:
    return Finding(rule=rule, verdict=Verdict.ASK, where=change.where, what=what)
