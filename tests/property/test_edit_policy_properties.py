"""What the edit policy denies stays denied wherever it is put and however it is laid out (AS-06)."""

from __future__ import annotations

import json
import random
import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.proposal import Verdict
from subagents.remediator import hcl
from subagents.remediator.edit_policy import judge

_HEREDOC = re.compile(r"<<-?(\w+)$")
HOLE, BODY = "«value»", "«body»"
BLOCKS = (
    (
        'resource "aws_instance" "n" {\n  ami = "ami-1"\n  text = «value»\n  tags = {\n'
        '    a = "b"\n  }\n«body»}\n'
    ),
    'resource "aws_sqs_queue" "n" {\n  name  = "q"\n  other = [1, «value», { x = 2 }]\n«body»}\n',
    (
        'resource "null_resource" "n" {\n  triggers = {\n    a = "x"\n    "b" : «value»\n'
        "  }\n\n  timeouts {\n    x = 1\n  }\n«body»}\n"
    ),
    (
        'resource "google_storage_bucket" "n" {\n  location = var.n\n  rule {\n'
        "    action {\n      x = «value»\n    }\n  }\n«body»}\n"
    ),
    'data "aws_vpc" "n" {\n  tags = { a = «value» }\n«body»}\n',
    'module "n" {\n  source = "./m"\n  x      = «value»\n«body»}\n',
    "locals {\n  n = «value»\n  m = [for a in var.n : a]\n}\n",
    (
        'resource "x_y" "n" {\n  text = <<-EOT\n    one # two /* three\n'
        '    ${«value»} "\n  EOT\n  last = 1\n«body»}\n'
    ),
)
CALLS = (
    'file("secret")',
    'core::file("secret")',
    "filebase64(var.n)",
    'fileset(path.module, "*")',
    'filesha256("secret")',
    'templatefile("secret", {})',
    "templatestring(var.n, {})",
    'pathexpand("x")',
    "nonsensitive(var.n)",
    "provider::a::b(1)",
    '"https://evil.com/x"',
    '"evil.com"',
    '"8.8.8.8"',
    '"/etc/shadow"',
    '"~/.ssh/id_rsa"',
    '"AKIAIOSFODNN7EXAMPLE"',
    '"-----BEGIN PRIVATE KEY-----"',
    '{ password = "hunter2" }',
)
AROUND = (
    "«value»",
    "[«value»]",
    "(«value»)",
    "[1, [«value»]]",
    "{ k = «value» }",
    '{ "k" : 1, l = «value», }',
    '"${«value»}"',
    '"a${«value»}b"',
    '"a\\"${ «value» }$${x}"',
    'true ? «value» : "y"',
    "[for v in [1] : «value»]",
    "{ for k, v in {} : k => «value» if true }",
    "try(«value», null)",
    "jsonencode(«value»)",
    "«value» == null",
    "<<EOT\n# ${«value»}\nEOT\n",
    '<<-A_1\n  %{ if true ~}\n  EOT " ${ «value» } \\\n  %{ endif }\n    A_1\n',
)
INSIDE = (
    'provisioner "local-exec" {\n  command = "x"\n}',
    'provisioner "local-exec" { command = "x" }',
    'connection {\n  user = "x"\n}',
    'provisioner /* x */ "file" {\n}',
    "provisioner local-exec {\n}",
)
OUTSIDE = (
    'provider "aws" {\n  profile = "x"\n}',
    'provider "null" {}',
    "provider aws {}",
    'terraform {\n  backend "local" {}\n}',
    "terraform { experiments = [x] }",
    'module "other" {\n  source = "./x"\n}',
    'data "external" "x" {\n  program = ["sh"]\n}',
    'data "http" "x" { url = var.n }',
    'resource "aws_iam_user" "x" {\n  name = "x"\n}',
    'action "a_b" "c" {}',
    'ephemeral "a_b" "c" {}',
    'check "x" {\n  data "http" "y" {\n    url = var.n\n  }\n}',
)
BENIGN = (
    "1",
    "true",
    "null",
    '"text"',
    "var.n",
    "[1, 2]",
    "{ a = 1 }",
    '"${var.n}-x"',
    "upper(var.n)",
    '"t3.micro"',
    '"10.0.0.0/16"',
)
LAYOUT = ("\n", "\n\n", "  \n", " # note\n", ' // file("x")\n', ' /* provider "x" {} */\n', "\t\n", "\r\n")
BREAKS = st.tuples(
    st.integers(0, 2000), st.sampled_from(["", '"', "{", "}", "(", "]", "=", "\n", "<<EOT\n", "/*", "${"])
)

modules = st.lists(st.sampled_from(BLOCKS), min_size=1, max_size=2)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A module with places for values and for blocks."""
    return "\n".join(block.replace('"n" {', f'"n{i}" {{') for i, block in enumerate(draw(modules)))


def filled(text: str, mark: str = "", at: int = 0, value: str = "") -> str:
    """The text with `value` at one of the places of `mark`, and what is harmless at all others."""
    parts = text.split(mark) if mark else [text]
    if len(parts) > 1:
        at %= len(parts) - 1
        text = mark.join(parts[: at + 1]) + value + mark.join(parts[at + 1 :])
    return text.replace(HOLE, "1").replace(BODY, "")


def relaid(text: str, layout: list[str]) -> str:
    """The text with other ends of lines where they are not in a heredoc."""
    found: list[str] = []
    marker = ""
    for at, line in enumerate(text.split("\n")[:-1]):
        begun = _HEREDOC.search(line)
        plain = bool(marker or begun or not layout)
        found.append(line + ("\n" if plain else layout[at % len(layout)]))
        marker = begun[1] if begun else "" if line.strip() == marker else marker
    return "".join(found)


def verdicts(before: str, after: str) -> set[Verdict]:
    return {found.verdict for found in judge({"main.tf": before}, {"main.tf": after})}


def rules(before: str, after: str) -> set[str]:
    return {found.rule for found in judge({"main.tf": before}, {"main.tf": after})}


@settings(max_examples=400, deadline=None)
@given(texts(), st.integers(0, 20), st.sampled_from(CALLS), st.lists(st.sampled_from(AROUND), max_size=3))
def test_a_denied_value_is_denied_wherever_it_stands(
    text: str, at: int, call: str, around: list[str]
) -> None:
    value = call
    for wrap in around:
        value = wrap.replace(HOLE, value)
    after = filled(text, HOLE, at, value)
    assert Verdict.STOP in verdicts(filled(text), after), after


@settings(max_examples=300, deadline=None)
@given(
    texts(),
    st.integers(0, 20),
    st.sampled_from(INSIDE),
    st.sampled_from(["", "dynamic", "nested"]),
    st.lists(st.sampled_from(LAYOUT), max_size=4),
)
def test_a_denied_block_is_denied_in_any_resource(
    text: str, at: int, block: str, depth: str, layout: list[str]
) -> None:
    if BODY not in text:
        text = BLOCKS[0]
    inner = {
        "": block,
        "dynamic": f'dynamic "x" {{\n  content {{\n{block}\n}}\n}}',
        "nested": f"x {{\n{block}\n}}",
    }
    after = relaid(filled(text, BODY, at, f"{inner[depth]}\n"), layout)
    assert "edit:provisioner" in rules(filled(text), after), after


@settings(max_examples=300, deadline=None)
@given(texts(), st.sampled_from(OUTSIDE), st.booleans(), st.lists(st.sampled_from(LAYOUT), max_size=4))
def test_a_denied_block_is_denied_in_any_file(text: str, block: str, first: bool, layout: list[str]) -> None:  # noqa: FBT001 - drawn
    before = filled(text)
    after = relaid(f"{block}\n{before}" if first else f"{before}\n{block}\n", layout)
    assert rules(before, after) - {"edit:size", "edit:syntax"}, after
    assert Verdict.STOP in verdicts(before, after), after


@settings(max_examples=200, deadline=None)
@given(texts(), st.integers(0, 20), st.sampled_from(BENIGN))
def test_a_harmless_value_passes_wherever_it_stands(text: str, at: int, value: str) -> None:
    after = filled(text, HOLE, at, value)
    found = judge({"main.tf": filled(text)}, {"main.tf": after})
    if re.search(rf"[$%]\{{[^}}]*{HOLE}", text):  # a constant that is put into a text could be written in it
        found = tuple(one for one in found if (one.rule, one.verdict) != ("edit:hidden", Verdict.ASK))
    assert found == (), after


@settings(max_examples=200, deadline=None)
@given(texts(), st.lists(st.sampled_from(LAYOUT), max_size=6))
def test_layout_and_comments_mean_nothing(text: str, layout: list[str]) -> None:
    before = filled(text)
    after = relaid(before, layout)
    assert judge({"main.tf": before}, {"main.tf": after}) == (), after


@settings(max_examples=300, deadline=None)
@given(
    texts(),
    BREAKS,
    st.integers(0, 20),
    st.one_of(
        st.tuples(st.just(HOLE), st.sampled_from(CALLS)),
        st.tuples(st.just(BODY), st.sampled_from([f"{block}\n" for block in INSIDE])),
        st.tuples(st.just(""), st.sampled_from(OUTSIDE)),
    ),
)
def test_a_broken_text_before_hides_nothing(
    text: str, broken: tuple[int, str], at: int, denied: tuple[str, str]
) -> None:
    mark, value = denied
    if mark and mark not in text:
        text = BLOCKS[0]
    at_break, sign = broken
    whole = filled(text)
    at_break %= len(whole)
    before = whole[:at_break] + sign + whole[at_break + 1 :]
    after = filled(text, mark, at, value) if mark else f"{whole}\n{value}\n"
    assert Verdict.STOP in verdicts(before, after), (before, after)


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from('ab1 ="{}[]()$%<-\n,.:#/*EOT~?\\'), max_size=80), st.text(max_size=40))
def test_it_has_an_answer_to_any_text(before: str, after: str) -> None:
    judge({"main.tf": before}, {"main.tf": after})
    judge({"main.tf": after, "x.tfvars": after}, {"main.tf": before, "x.tfvars": before})


SOUP = (
    *(
        "EOT",
        "  EOT",
        "E",
        "\n",
        "\n",
        " ",
        "\t",
        "\r\n",
        "$",
        "%",
        "${",
        "$${",
        "%{",
        "}",
        "~}",
        '"',
        "\\",
        "\\n",
    ),
    *(
        "zzz(1)",
        "${zzz(1)}",
        "${zzz(1)}",
        "$${zzz(1)}",
        "%{if zzz(1)}",
        "%{endif}",
        "<<EOT\n",
        "#",
        "/*",
        "*/",
        "{",
        "(",
    ),
)
FORMS = ('"«»"', "<<EOT\n«»\nEOT\n", "<<-EOT\n  «»\n  EOT\n", "[«»]", '"${ «» }"', "{ a = «» }")


@pytest.mark.terraform
@pytest.mark.parametrize("seed", range(3))
def test_terraform_sees_no_call_that_is_not_seen_here(seed: int) -> None:
    """Of what is read here, Terraform names each call of a function that it does not know."""
    chance = random.Random(seed)
    trees: dict[str, hcl.Block] = {}
    with TemporaryDirectory() as folder:
        while len(trees) < 60:
            soup = "".join(chance.choices(SOUP, k=chance.randint(0, 9)))
            name, text = f"f{len(trees)}", chance.choice(FORMS).replace("«»", soup)
            text = f"locals {{\n  {name} = {text}\n}}\n"
            tree = hcl.read(text) if "zzz" in text else None
            if tree is not None:
                trees[f"{name}.tf"] = tree
                Path(folder, f"{name}.tf").write_bytes(text.encode())
        called = _calls_seen_by_terraform(folder)
    assert len(called) > 20
    for name in called:
        assert any(
            call.name.endswith("zzz") for value in trees[name].expressions() for call in value.calls
        ), name


def _calls_seen_by_terraform(folder: str) -> set[str]:
    """The files with a call of an unknown function, once those with other errors are gone."""
    while True:
        command = ["terraform", f"-chdir={folder}", "validate", "-json"]
        said = json.loads(subprocess.run(command, capture_output=True, check=False).stdout)["diagnostics"]
        unknown = [each for each in said if each["summary"] == "Call to unknown function"]
        others = {each["range"]["filename"] for each in said if each not in unknown and "range" in each}
        if not others:
            return {each["range"]["filename"] for each in unknown}
        for name in others:
            Path(folder, name).unlink()
