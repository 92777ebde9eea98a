"""What a Kubernetes `Secret` holds, in JSON: a manifest, an answer of the API, a plan of Terraform's.

Decides which strings are its values, in whatever order its keys stand, and also where its beginning
or its end was cut off. Leaves to `diagnosis.redaction.manifests` all other ways of writing one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from diagnosis.redaction.names import is_secret_value
from diagnosis.redaction.view import Span

DATA = frozenset({"data", "stringData", "binaryData", "binary_data", "data_wo", "binary_data_wo"})
"""Under these keys a secret has its values."""
RESOURCES = ("kubernetes_secret", "kubernetes_secret_v1", "kubernetes_secret_v1_data")
TAGS = r"(?:[&!][^\s,{}\x00]{0,64}+[ ]{1,4}+){0,3}+"
"""What YAML lets stand before a value: a tag, an anchor."""
_PARTS = re.compile(
    r"[{}]|\"kind\"\s{0,8}:\s{0,8}\"(?P<kind>\w{1,64})\""
    r"|\"type\"\s{0,8}:\s{0,8}\"(?P<type>kubernetes_\w{1,64})\""
    rf"|\"(?P<data>{'|'.join(sorted(DATA))})\"\s{{0,8}}:\s{{0,8}}\{{"
    r"|:\s{0,8}\"(?P<value>(?:[^\"\\\x00]|\\[^\x00])*+)"
)
_FLOW_PARTS = re.compile(  # the same where quotes may be left out
    rf"[{{}}]|(?<![\w./-])[\"']?kind[\"']?[ ]{{0,8}}:[ ]{{0,8}}{TAGS}[\"']?(?P<kind>\w{{1,64}})"
    rf"|(?<![\w./-])[\"']?(?P<data>{'|'.join(sorted(DATA))})[\"']?[ ]{{0,8}}:[ ]{{0,8}}\{{"
    r"|:[ ]{0,8}[\"']?(?P<value>(?<=\")(?:[^\"\\\n\x00]|\\[^\n\x00])++|(?<=')[^'\n\x00]++"
    r"|(?<![\"'])[^\s\"'{}\[\],\x00][^,}\n\x00]*+)"
)
_FLOW = re.compile(
    rf"kind(?:[\"']?[ ]{{0,8}}:[ ]{{0,8}}{TAGS}'?|(?<![\"']kind)[ ]{{0,8}}:[ ]{{0,8}}{TAGS}\")"
    r"Secret(?:List)?\b"
)
_COMMA = re.compile(r"\s{0,200},\s{0,200}")
Spans = list[Span] | None  # most objects have none: a list less for each of a million


@dataclass(slots=True)
class _Object:
    """What was read of one object."""

    is_data: bool = False
    is_secret: bool = False
    is_resource: bool = False
    """Of Terraform's, or a list of secrets: whatever is data below it is secret."""
    strings: Spans = None
    data: Spans = None
    """The strings of the data in it."""
    below: Spans = None
    """The same of the objects in it."""
    last: Spans = None
    """The strings of the object in it that ended at `at`."""
    at: int = 0


def is_secret(value: Mapping[str, object]) -> bool:
    """Whether an object is a secret, as a manifest or as the attributes of a resource."""
    kind, of = value.get("kind"), value.get("type")
    return kind == "Secret" or (isinstance(of, str) and (of == "Opaque" or of.startswith("kubernetes.io/")))


def is_around_secrets(value: Mapping[str, object]) -> bool:
    """Whether whatever is data below an object is secret."""
    return value.get("kind") == "SecretList" or value.get("type") in RESOURCES


def json_spans(text: str) -> Iterator[Span]:
    """Where the values of secrets are."""
    if any(word in text for word in ('"Secret"', '"SecretList"', '"kubernetes_secret')):
        yield from _in(text, _PARTS, (0, len(text)))


def flow_spans(text: str) -> Iterator[Span]:
    """The same in the flows of YAML that stand on one line."""
    done = 0
    for found in _FLOW.finditer(text):
        if found.start() >= done:
            start, end = text.rfind("\n", done, found.start()) + 1 or done, text.find("\n", found.end())
            done = end if end >= 0 else len(text)
            yield from _in(text, _FLOW_PARTS, (start, done))


def _in(text: str, parts: re.Pattern[str], where: Span) -> Iterator[Span]:
    objects = [_Object()]
    for found in parts.finditer(text, *where):
        if found[0] == "}":
            yield from _ended(objects, found.end())
        else:
            _read(found, objects)
    for _ in range(len(objects)):
        yield from _ended(objects, where[1])


def _read(found: re.Match[str], objects: list[_Object]) -> None:
    """One part: the beginning of an object, its kind, or a string of it."""
    here = objects[-1]
    match found.lastgroup:
        case "kind" if found["kind"] == "Secret":
            here.is_secret = True
            if here.last and _COMMA.fullmatch(found.string, here.at, found.start()):
                # what was cut off before it: `…{"a":"b"},"kind":"Secret"`
                here.data = merged(here.data, here.last)
        case "kind":
            here.is_resource |= found["kind"] == "SecretList"
        case "type":
            here.is_resource |= found["type"] in RESOURCES
        case "value" if is_secret_value(found["value"]):
            here.strings = merged(here.strings, [found.span("value")])
        case "data" | None:
            objects.append(_Object(is_data=bool(found["data"])))


def _ended(objects: list[_Object], end: int) -> Iterator[Span]:
    """The values that are secret now that the innermost object ends; others go to the one around it."""
    done = objects.pop()
    if not objects:
        objects.append(_Object())
    around = objects[-1]
    if done.is_secret or done.is_resource:
        yield from done.data or ()
    if done.is_resource:
        yield from done.below or ()
    else:
        more, less = sorted((around.below, done.below), key=lambda spans: len(spans or ()), reverse=True)
        around.below = merged(merged(more, less), None if done.is_secret else done.data)
    if done.is_data:
        around.data = merged(around.data, done.strings)
    around.last, around.at = done.strings, end


def merged(spans: Spans, others: Spans) -> Spans:
    """The first, which is made longer, and a copy of the others."""
    if not others:
        return spans
    if spans is None:
        return list(others)
    spans += others
    return spans
