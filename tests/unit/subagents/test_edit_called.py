"""What a failure speaks of, and what it does not: the latter is for a person."""

from __future__ import annotations

import pytest

from contracts.diagnostic import Diagnostic, Severity, SourceRange
from subagents.remediator.edit_called import Failed
from subagents.remediator.edit_policy import judge

MAIN = """\
locals {
  zone  = "a"
  range = local.base
  base  = "10.0.0.0/33"
}

variable "other" {
  default = "x"
}

resource "aws_subnet" "a" {
  cidr_block = local.range
  colour     = "red"
  vpc_id     = aws_vpc.main.id
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
  colour     = "blue"
}
"""
LINES = MAIN.splitlines()


def error(detail: str, line: int = 0, address: str | None = None, summary: str = "Wrong") -> Diagnostic:
    place = SourceRange(filename="main.tf", start_line=line, end_line=line) if line else None
    return Diagnostic(severity=Severity.ERROR, summary=summary, detail=detail, address=address, range=place)


def asked(old: str, new: str, *errors: Diagnostic, text: str = "") -> set[str]:
    assert MAIN.count(old) == 1
    changed = {"main.tf": MAIN.replace(old, new)}
    return {found.rule for found in judge({"main.tf": MAIN}, changed, failure=Failed.of(errors, text))}


SUBNET = LINES.index('resource "aws_subnet" "a" {') + 1
SPOKEN = {
    "the line itself": ('colour     = "red"', 'colour     = "green"', error("no", SUBNET + 2)),
    "what the line refers to, over two locals": ("/33", "/24", error("no prefix", SUBNET + 1)),
    "what the block refers to, where none of its arguments is told": (
        "/33",
        "/24",
        error("no prefix", SUBNET),
    ),
    "a value that is quoted": ('"red"', '"green"', error('"red" is none', SUBNET, "aws_subnet.a")),
    "an argument that is missing": (
        '"red"\n',
        '"red"\n  depth      = 1\n',
        error('The argument "depth" is required', SUBNET),
    ),
    "an argument that is none": (
        '  colour     = "red"\n',
        "",
        error('An argument named "colour" is not expected here.', SUBNET + 2),
    ),
    "another name for one that is none": (
        'colour     = "red"',
        'tint       = "red"',
        error('An argument named "colour" is not expected here.', SUBNET + 2),
    ),
}


@pytest.mark.parametrize(("old", "new", "said"), SPOKEN.values(), ids=SPOKEN)
def test_what_a_failure_speaks_of_may_be_mended(old: str, new: str, said: Diagnostic) -> None:
    assert asked(old, new, said) == set()


SILENT = {
    "another argument of the block": ('colour     = "red"', 'colour     = "green"', error("no", SUBNET + 1)),
    "the same argument of another block": ('"blue"', '"green"', error("no colour", SUBNET + 2)),
    "a local that nothing of it refers to": ('zone  = "a"', 'zone  = "b"', error("no", SUBNET + 1)),
    "a variable that nothing of it refers to": ('default = "x"', 'default = "y"', error("no", SUBNET + 1)),
    "an argument that is named without its value": (
        '"red"',
        '"green"',
        error("the colour cannot be had", SUBNET, "aws_subnet.a"),
    ),
    "an argument that comes unasked": ('"red"\n', '"red"\n  depth      = 1\n', error("no", SUBNET + 1)),
    "an argument that goes unasked": ('  colour     = "red"\n', "", error("no", SUBNET + 1)),
}


@pytest.mark.parametrize(("old", "new", "said"), SILENT.values(), ids=SILENT)
def test_what_a_failure_does_not_speak_of_is_for_a_person(old: str, new: str, said: Diagnostic) -> None:
    assert asked(old, new, said) == {"edit:beside"}


NONE = ("Unsupported argument", 'An argument named "guarded" is not expected here.')
BELIEVED = {
    "Terraform's sentence": (*NONE, SUBNET + 2, None),
    "with what may be meant": (NONE[0], f'{NONE[1]} Did you mean "guard"?', SUBNET + 2, None),
    "over two lines": (NONE[0], NONE[1].replace(" is", "\nis"), SUBNET + 2, None),
    "a block may be meant": (
        NONE[0],
        f'{NONE[1]} Did you mean to define a block of type "guarded"?',
        SUBNET + 2,
        None,
    ),
}
DOUBTED = {
    "elsewhere": (*NONE, SUBNET, None),
    "of a resource, as a provider says it": (*NONE, SUBNET + 2, "aws_subnet.a"),
    "under another title": ("Invalid value", NONE[1], SUBNET + 2, None),
    "among other words": (NONE[0], f"Now {NONE[1]}", SUBNET + 2, None),
    "with more to it": (NONE[0], f"{NONE[1]} Remove it.", SUBNET + 2, None),
    "a block's sentence": (NONE[0], 'Blocks of type "guarded" are not expected here.', SUBNET + 2, None),
}


@pytest.mark.parametrize(
    ("summary", "detail", "line", "address", "rules"),
    [(*said, set[str]()) for said in BELIEVED.values()]
    + [(*said, {"edit:choice"}) for said in DOUBTED.values()],
    ids=[*BELIEVED, *DOUBTED],
)
def test_that_there_is_no_such_switch_is_believed_in_terraform_s_own_words(
    summary: str, detail: str, line: int, address: str | None, rules: set[str]
) -> None:
    text = MAIN.replace('colour     = "red"', "guarded    = true")
    failed = Failed.of([error(detail, line, address, summary)])
    found = judge({"main.tf": text}, {"main.tf": text.replace("  guarded    = true\n", "")}, failure=failed)
    assert {each.rule for each in found} == rules


def test_a_condition_on_the_whole_block_speaks_of_what_all_its_arguments_refer_to() -> None:
    condition = (
        "  lifecycle {\n    postcondition {\n      condition = self.colour == local.base\n    }\n  }\n"
    )
    text = MAIN.replace('  colour     = "red"\n', '  colour     = "red"\n' + condition)
    failed = Failed.of([error("no", SUBNET + 5, "aws_subnet.a")])
    for old, new, rules in (('"a"\n', '"b"\n', {"edit:beside"}), ("/33", "/24", set[str]())):
        found = judge({"main.tf": text}, {"main.tf": text.replace(old, new)}, failure=failed)
        assert {each.rule for each in found} == rules


def test_a_warning_excuses_nothing() -> None:
    said = error("no", SUBNET + 2).model_copy(update={"severity": Severity.WARNING})
    assert asked('"red"', '"green"', said) == {"edit:beside"}


def test_without_a_word_of_the_failure_everything_is_for_a_person() -> None:
    assert asked('"red"', '"green"') == {"edit:beside"}


def test_a_check_that_names_a_resource_speaks_of_all_of_it() -> None:
    said = "drift: saw 1 change: aws_subnet.a (update)"
    assert asked('"red"', '"green"', text=said) == set()
    assert asked('"blue"', '"green"', text=said) == {"edit:beside"}


@pytest.mark.parametrize("line", range(1, len(LINES) + 1))
def test_a_failure_of_one_line_excuses_at_most_what_its_block_says_or_refers_to(line: int) -> None:
    """Every line pointed at, and every value altered that has nothing to do with its block."""
    owner = next((text for text in reversed(LINES[:line]) if text and text[0].isalpha()), "")
    for old, new, home in (('"red"', '"green"', "aws_subnet"), ('"blue"', '"green"', "aws_vpc")):
        if home not in owner:
            assert asked(old, new, error("no", line)) == {"edit:beside"}
    if "other" not in owner:
        assert asked('default = "x"', 'default = "y"', error("no", line)) == {"edit:beside"}
