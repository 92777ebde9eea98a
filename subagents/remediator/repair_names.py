"""Names that are declared nowhere → the one declared name they are a slip for.

Decides by what the folder declares wherever that can be seen, and by
Terraform's suggestion only where it cannot (a provider's arguments and types).
What is declared twice as near, or only far off, is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from contracts.diagnostic import Diagnostic
from subagents.remediator.repair_case import Case, fix, place_of
from subagents.remediator.repair_declared import Address, Declared, items
from subagents.remediator.repair_functions import FUNCTIONS
from subagents.remediator.repair_near import is_one_off, is_slip, is_suggested, near
from subagents.remediator.repair_text import Fix, Source, Span, walk

_NAMED = re.compile(r'(?:with the name|call named|named) "(?P<wrong>[^"]+)"')
_RESOURCE = re.compile(r'A (?P<kind>managed|data) resource "(?P<type>[^"]+)" "(?P<name>[^"]+)" has not been')
_TYPE = re.compile(r'does not support (?:resource type|data source) "(?P<wrong>[^"]+)"')
_MEANT = re.compile(r'Did you mean "(?P<right>[^"]+)"\?')
_FUNCTION = re.compile(r'There is no function named "(?P<wrong>[^"]+)"')
_OBJECT = re.compile(r'The "(?P<root>\w+)" object does not have an attribute named "(?P<wrong>[^"]+)"')

_ROOT_OF = {
    "Reference to undeclared input variable": "var",
    "Reference to undeclared local value": "local",
    "Reference to undeclared module": "module",
}
_SAID_FOR = {"vars": "var", "variable": "var", "variables": "var", "locals": "local", "modules": "module"}
_BUILT_IN = (("each", "key"), ("each", "value"), ("count", "index"))
_ATTRIBUTES = {
    "path": ("module", "root", "cwd"),
    "each": ("key", "value"),
    "terraform": ("workspace", "applying"),
}
_READS_FILES = re.compile(r"file\w*|templatefile|pathexpand|nonsensitive|\w*::.*")


def misspelt_reference(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`var.zoen`, `local.zoen`, `module.nett` → the declared one, in the whole folder."""
    place, told = place_of(diagnostic, case), _NAMED.search(diagnostic.detail)
    if place is None or told is None:
        return None
    folder = Declared(case.module.folder(place.source.name))
    root = _ROOT_OF[diagnostic.summary]
    right = near(told["wrong"], folder.named(root))
    return _renamed(folder, (root, told["wrong"]), (root, right)) if right else None


def misspelt_resource(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """A reference to a resource that nothing declares → the one that is meant, in the whole folder."""
    place, told = place_of(diagnostic, case), _RESOURCE.search(diagnostic.detail)
    if place is None or told is None:
        return None
    folder = Declared(case.module.folder(place.source.name))
    data = told["kind"] == "data"
    wrong = (*(["data"] * data), told["type"], told["name"])
    meant = {address for address in (*folder.blocks, *_BUILT_IN) if _is_meant(wrong, address)}
    mended = {
        (*address[:-2], _types(case).get(address[-2], address[-2]), address[-1]) for address in folder.blocks
    }
    return _renamed(folder, wrong, meant.pop()) if len(meant) == 1 and wrong not in mended else None


def misspelt_type(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """A resource type or data source that the provider does not know: the label and what refers to it."""
    place, told = place_of(diagnostic, case), _TYPE.search(diagnostic.detail)
    meant = _MEANT.search(diagnostic.detail)
    if place is None or told is None or meant is None or not is_suggested(told["wrong"], meant["right"]):
        return None
    data = diagnostic.summary == "Invalid data source"
    begin = (*(["data"] * data), told["wrong"])
    folder = Declared(case.module.folder(place.source.name))
    labels = []
    for address, (source, block) in folder.blocks.items():
        if address[:-1] == begin:
            if (*begin[:-1], meant["right"], address[-1]) in folder.blocks:
                return None
            labels.append(_in_quotes(source.replacing(block.children[1], meant["right"]), source))
    uses = [
        reference.source.replacing(reference.names[data], meant["right"])
        for reference in folder.references(*begin)
    ]
    kind = "data source" if data else "resource type"
    what = f'change the {kind} "{told["wrong"]}" to "{meant["right"]}": Terraform suggests it'
    return fix(place.source, [*labels, *uses], what) if labels else None


def misspelt_function(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """A function that does not exist, in the whole folder; none that reads files or unveils secrets."""
    place, told = place_of(diagnostic, case), _FUNCTION.search(diagnostic.detail)
    meant = _MEANT.search(diagnostic.detail)
    if place is None or told is None:
        return None
    right = near(told["wrong"], {*FUNCTIONS, *([meant["right"]] if meant else [])})
    if right is None or _READS_FILES.fullmatch(right):
        return None
    folder = case.module.folder(place.source.name)
    calls = [
        source.replacing(node.children[0], right)
        for source in folder
        for node in walk(source.root)
        if node.type == "function_call" and source.of(node.children[0]) == told["wrong"]
    ]
    what = f'call "{right}" instead of "{told["wrong"]}", which is no function'
    return fix(place.source, calls, what)


def misspelt_builtin(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`path.modul`, `each.val`, `count.idx`: objects of Terraform itself, whose attributes are few."""
    place, told = place_of(diagnostic, case), _OBJECT.search(diagnostic.detail)
    if place is None or told is None:
        return None
    folder = Declared(case.module.folder(place.source.name))
    known = _ATTRIBUTES.get(told["root"], ())
    right = "index" if told["root"] == "count" else near(told["wrong"], known) or _begun(told["wrong"], known)
    return _renamed(folder, (told["root"], told["wrong"]), (told["root"], right), "exists") if right else None


def misspelt_in_tfvars(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """A required variable without a value, and a file that gives one to a name that nobody declares."""
    told = re.search(r'input variable "([^"]+)" is not set', diagnostic.detail)
    if told is None:
        return None
    pattern = re.compile(
        r'does not declare a variable named "([^"]+)" but a value was found in file "([^"]+)"'
    )
    warnings = case.summarised("Value for undeclared variable")
    strays = [found.groups() for warning in warnings if (found := pattern.search(warning.detail))]
    missing = _missing(case)
    pairs = {stray for stray in strays if is_slip(stray[0], told[1])}
    if len(pairs) != 1:
        return None
    wrong, file = pairs.pop()
    source = case.module.source(file)
    if source is None or not file.endswith(".tfvars") or near(wrong, missing) != told[1]:
        return None
    given = {source.of(item.children[0]): item for body in source.root.children for item in items(body)}
    if wrong not in given or told[1] in given:
        return None
    name = source.replacing(given[wrong].children[0], told[1])
    return fix(
        source,
        [name],
        f'rename "{wrong}" to "{told[1]}": no such variable is declared, and this one has no value',
    )


def misspelt_provider(diagnostic: Diagnostic, case: Case) -> Fix | None:
    """`asw_vpc` → `aws_vpc`: a type whose provider exists nowhere, beside a provider that the module uses."""
    told = re.search(r"for provider (?:[\w.-]+/)*hashicorp/(?P<wrong>[\w-]+):", diagnostic.detail)
    folder = Declared(case.module.folder("./"))
    types = {address[-2] for address in folder.blocks if len(address) > 1 and "_" in address[-2]}
    used = {kind.partition("_")[0] for kind in types} | set(folder.named("provider"))
    right = near(told["wrong"], used - {told["wrong"]}) if told else None
    if told is None or right is None or told["wrong"] in folder.named("provider"):
        return None
    if not re.search(r"does not have a provider named|was not found in any", diagnostic.detail):
        return None
    begun = [name for name in types if name.startswith(f"{told['wrong']}_")]
    spans = [
        Span(
            source.name,
            source.start(node),
            source.end(node),
            source.of(node).replace(told["wrong"], right, 1),
        )
        for source in folder.sources
        for node in walk(source.root)
        if node.type in {"identifier", "template_literal"} and source.of(node) in begun
    ]
    first = next((source for source in folder.sources if spans and source.name == spans[0].file), None)
    what = f'change the provider\'s name "{told["wrong"]}" to "{right}", which the module uses elsewhere'
    return fix(first, spans, what) if first is not None else None


def _missing(case: Case) -> list[str]:
    errors = case.summarised("No value for required variable")
    found = (re.search(r'input variable "([^"]+)"', error.detail) for error in errors)
    return [one[1] for one in found if one]


def _types(case: Case) -> dict[str, str]:
    """The resource types that another error of this attempt corrects."""
    told = [(_TYPE.search(one.detail), _MEANT.search(one.detail)) for one in case.diagnostics]
    return {wrong["wrong"]: right["right"] for wrong, right in told if wrong and right}


def _is_meant(wrong: Address, right: Address) -> bool:
    """Whether such an address can be what a reference to an undeclared resource was to say."""
    *roots, kind, name = wrong
    if len(right) == 2 and not roots and right[1] == name:  # noqa: PLR2004 - root or type, and name
        if right[0] in {"var", "local", "module", "each", "count"}:
            return right[0] == _SAID_FOR.get(kind) or is_one_off(kind, right[0])
        if right[0] in {"output", "provider", "check"}:
            return False
        return is_slip(kind, right[0])
    if right in {("data", kind, name), (kind, name)}:
        return True
    if len(right) != len(wrong) or right[:-2] != tuple(roots):
        return False
    same_type, same_name = right[-2] == kind, right[-1] == name
    return (same_type and is_slip(name, right[-1])) or (same_name and is_slip(kind, right[-2]))


def _begun(wrong: str, names: Sequence[str]) -> str | None:
    """The only name that begins with, or is the beginning of, the wrong one: `val` for `value`."""
    found = [name for name in names if name.startswith(wrong) or wrong.startswith(name)]
    return found[0] if len(found) == 1 else None


def _renamed(
    folder: Declared, wrong: Address, right: Address, why: str = "is what the module declares"
) -> Fix | None:
    spans = list(_uses(folder, wrong, right))
    if not spans or (len(spans) > 1 and not _is_established(folder, right)):
        return None
    first = next(source for source in folder.sources if source.name == spans[0].file)
    what = f'change "{".".join(wrong)}" to "{".".join(right)}", which {why}'
    return fix(first, spans, what)


def _is_established(folder: Declared, right: Address) -> bool:
    """Whether it is used under its declared name; if it never is, the slip may be in the declaration."""
    return right not in folder.blocks or any(folder.references(*right))


def _uses(folder: Declared, wrong: Address, right: Address) -> Iterator[Span]:
    for reference in folder.references(*wrong):
        source, names = reference.source, reference.names[: len(wrong)]
        yield Span(source.name, source.start(names[0]), source.end(names[-1]), ".".join(right))


def _in_quotes(span: Span, source: Source) -> Span:
    quoted = source.text[span.start : span.start + 1] == '"'
    return span._replace(text=f'"{span.text}"') if quoted else span
