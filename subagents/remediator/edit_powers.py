"""What an argument hands over: code and images that run, logins, identities, how much there is and how long.

Decides by the names of arguments and the literals under them; an edit of such a
thing may be right, and is for a person all the same. Leaves grants and
protections to `edit_weakening`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from contracts.proposal import Finding, Verdict
from subagents.remediator.edit_calls import is_of_a_file
from subagents.remediator.edit_changes import Change
from subagents.remediator.hcl_expression import Expression, Leaf

_RUNS = re.compile(
    r"user_data(?:_\w+)?|custom_data|(?:\w+_)?startup_script(?:_\w+)?|(?:windows_)?shutdown_script|cloud_?init\w*"
    r"|(?:boot|init|bootstrap|install)_?(?:script|commands?)|bootcmd|runcmd|command_?to_?execute|buildspec"
)
"""What a machine runs when it starts, with all its rights."""
_COMMANDS = re.compile(
    r"(?:\w+_)?commands?|args|arguments|entry_?point|(?:\w+_)?scripts?|lifecycle_commands|executable|chart"
)
"""What a container, a job or the machine that runs Terraform is told to run."""
_IMAGES = re.compile(
    r"ami|(?:\w+_)?image(?:_?(?:id|ids|uri|url|name|reference))?|(?:\w+_)?ami_?ids?|layers"
    r"|s3_(?:bucket|key|object_version)|code_(?:uri|bucket|key)"
)
"""Where the code that runs comes from."""
_LOADS = re.compile(
    r"ld_(?:preload|library_path|audit)|dyld_\w+|(?:node|ruby|java_tool|jdk_java|_java)_?opt(?:ion)?s?|pythonpath|pythonstartup"
    r"|bash_env|perl5(?:opt|lib)|(?:https?|all|ftp)_proxy|git_ssh_command"
)
"""Variables of an environment by which a program runs other code, or speaks to somebody else."""
_TAG = re.compile(r"(?:@sha\d+:\w+|:[\w.-]+)+$")
_LETS_IN = re.compile(r"(?:ssh_)?public_keys?(?:_\w+)?|(?:ssh_)?authorized_keys?|ssh_keys?|key_data")
_IS = re.compile(
    r"iam_instance_profile|(?:\w+_)?role_arn|assume_role_policy|service_account(?:_name|_email)?|principals?|federated"
)
"""Who something acts as, or who may act as it."""
_RIGHTS = re.compile(
    r"policy_arns?|managed_policy_arns|role_definition_(?:name|id)|members?|role_ref|cluster_role(?:_name)?"
)
"""Rights by the name of a policy or role, and who gets them."""
_ROLE = re.compile(r"roles/\S+|(?:projects|organizations)/\S+/roles/\S+")
_POWERFUL = re.compile(
    r"(?:iam|sts|sso|organizations|account):(?!get|list|describe)\S+|\S*\?\*"
    r"|\w+:(?!get|list|describe)\w*(?:policy|permission|grant|acl)\w*|secretsmanager:getsecretvalue"
)
_ACTIONS = re.compile(r"(?:not_?)?actions?|permissions|verbs")
_HOW_MANY = re.compile(
    r"(?:min|max|desired)_(?:size|count|capacity|instances|nodes)|desired_(?:count|size)|(?:node|instance)_count|replicas"
)
_DAYS = re.compile(r"(?:\w+_)?days")


def runs(name: str) -> bool:
    """Whether an argument of this name is code, or a command, that something runs."""
    return _RUNS.fullmatch(name) is not None or _COMMANDS.fullmatch(name) is not None


def is_image(name: str) -> bool:
    """Whether an argument of this name says where the code that runs comes from."""
    return _IMAGES.fullmatch(name) is not None


def _places(value: Expression | None) -> set[str]:
    """The texts of a value, without the tags of images."""
    return {_untagged(leaf.text) for leaf in (value.leaves if value else ())}


def _untagged(text: str) -> str:
    """An image without its tag; what an ARN has behind its colons is its name."""
    return text if text.startswith("arn:") else _TAG.sub("", text)


def is_other_place(change: Change) -> bool:
    """Whether a value says something else than before, but for the tag of an image."""
    known = _places(change.before)
    return any(leaf.quoted and _untagged(leaf.text) not in known for leaf in change.leaves)


def power_findings(change: Change) -> Iterator[Finding]:
    """What of the argument a person must see."""
    path = {part.lower() for part in (*change.path, change.name)}
    known = _places(change.before)
    of_a_file = change.top.kind == "local" and is_of_a_file(change.after)
    for leaf in change.fresh:
        keys = path | {key.lower() for key in leaf.keys}
        said = _run(leaf, keys, known, of_a_file=of_a_file) or _handed_over(leaf, keys)
        if said is not None:
            yield _ask(said[0], change, said[1])
    for leaf in change.leaves:
        yield from _less(leaf, path | {key.lower() for key in leaf.keys}, change)


def _run(leaf: Leaf, keys: set[str], known: set[str], *, of_a_file: bool) -> tuple[str, str] | None:
    """Rule and words for what runs; `known` are the images that were named before, without their tags.

    A local that is `of_a_file` runs nothing by itself, and which file is read is judged elsewhere.
    """
    if leaf.quoted and any(map(_COMMANDS.fullmatch, keys)) and not of_a_file:
        return "edit:code", "what is run is altered"
    if leaf.quoted and any(map(_IMAGES.fullmatch, keys)) and _untagged(leaf.text) not in known:
        return "edit:image", "what runs comes from somewhere else"
    if any(map(_LOADS.fullmatch, (*keys, leaf.text.lower()))):
        return "edit:code", "a variable is set by which other code is run"
    if any(map(_RUNS.fullmatch, keys)):
        return "edit:code", "what a machine runs when it starts is altered"
    return None


def _handed_over(leaf: Leaf, keys: set[str]) -> tuple[str, str] | None:
    """Rule and words for who may log in or act, and as whom."""
    if any(map(_LETS_IN.fullmatch, keys)):
        return "edit:login", "a key with which somebody may log in is altered"
    if leaf.quoted and any(map(_IS.fullmatch, keys)):
        return "edit:identity", "who something acts as, or who may act as it, is altered"
    if leaf.quoted and (any(map(_RIGHTS.fullmatch, keys)) or _ROLE.fullmatch(leaf.text)):
        return "edit:grant", "rights are handed out, or to somebody else"
    if any(map(_ACTIONS.fullmatch, keys)) and _POWERFUL.fullmatch(leaf.text.lower()):
        return "edit:grant", "it lets rights be handed out"
    return None


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
