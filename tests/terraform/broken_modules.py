"""Broken modules that planner has to mend for real: what is wrong, what was there, who knows the fix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

Files = Mapping[str, str]
BOX = 'resource "terraform_data" "box" {\n  input = "blue"\n}\n'


class Scenario(NamedTuple):
    """One broken module, on Terraform's built-in provider alone."""

    name: str
    """What is wrong, in a few words."""
    kind: str
    """Of the remediation that has to mend it."""
    files: Files
    """The module as planner finds it."""
    present: tuple[str, ...]
    """What the module was meant to have in its state."""
    edited: tuple[str, ...] = ()
    """The files that a fix may change."""
    answers: tuple[dict[str, object], ...] = ()
    """What a scripted model says; nothing: no model is configured."""
    before: tuple[Files, ...] = ()
    """Files that were written and applied with plain Terraform, one set after the other."""
    options: tuple[str, ...] = ()
    plan_options: tuple[str, ...] = ()
    """What a person who plans by hand has to add."""
    renamed: tuple[str, str] | None = None
    """A file that somebody gave another name before planner came."""
    asks: bool = False
    """Whether the kind asks a person although fixes are allowed."""


def answer(remediation: str, cause: str, **more: object) -> dict[str, object]:
    """What a model says; it costs a little, so that a cost is seen."""
    return {
        "evidence": [],
        "root_cause": cause,
        "category": "other",
        "retryable": False,
        "confidence": 0.9,
        "remediation": remediation,
        "summary": f"{remediation}, because {cause[:1].lower()}{cause[1:]}",
        "usage": {"input_tokens": 900, "output_tokens": 200, "cost_usd": 0.0002},
    } | more


def edit(file: str, search: str, replace: str) -> dict[str, str]:
    return {"file": file, "search": search, "replace": replace}


def backend(path: str) -> str:
    return f'terraform {{\n  backend "local" {{\n    path = "{path}"\n  }}\n}}\n'


def _edited(
    name: str,
    text: str,
    *present: str,
    also: Files | None = None,
    answers: tuple[dict[str, object], ...] = (),
) -> Scenario:
    """One whose `main.tf` has to be edited; the other files are there to be left alone."""
    files = {"main.tf": text, "other.tf": OTHER, "notes.md": "# not Terraform's\n"} | dict(also or {})
    held = (*present, "terraform_data.other")
    return Scenario(name, "edit_config", files, held, ("main.tf",), answers)


OTHER = '# Nothing is wrong here.\nresource "terraform_data" "other" {\n   input = "odd   layout"\n}\n'

BY_SIGNATURE = (
    _edited(
        "a misspelt variable",
        'variable "colour" {\n  default = "blue"\n}\n'
        'resource "terraform_data" "box" {\n  input = var.color\n}\n',
        "terraform_data.box",
    ),
    _edited(
        "a misspelt local",
        'locals {\n  room_name = "attic"\n}\n'
        'resource "terraform_data" "box" {\n  input = local.romm_name\n}\n',
        "terraform_data.box",
    ),
    _edited(
        "a misspelt resource",
        BOX + 'resource "terraform_data" "lid" {\n  input = terraform_data.boxx.output\n}\n',
        "terraform_data.box",
        "terraform_data.lid",
    ),
    _edited(
        "a misspelt argument",
        'resource "terraform_data" "box" {\n  inptu = "blue"\n}\n',
        "terraform_data.box",
    ),
    _edited(
        "a misspelt attribute",
        BOX + 'resource "terraform_data" "lid" {\n  input = terraform_data.box.outptu\n}\n',
        "terraform_data.box",
        "terraform_data.lid",
    ),
    _edited(
        "a misspelt function",
        'resource "terraform_data" "box" {\n  input = uper("blue")\n}\n',
        "terraform_data.box",
    )._replace(asks=True),  # of a function that puts texts together
    _edited(
        "a block that is never closed",
        'resource "terraform_data" "box" {\n  input = "blue"\n\nresource "terraform_data" "lid" {\n'
        '  input = "red"\n}\n',
        "terraform_data.box",
        "terraform_data.lid",
    ),
    _edited(
        "a quotation mark that is missing",
        'resource "terraform_data" "box" {\n  input = "blue\n}\n',
        "terraform_data.box",
    ),
    _edited(
        "an argument without its equals sign",
        'resource "terraform_data" "box" {\n  input "blue"\n}\n',
        "terraform_data.box",
    ),
    _edited(
        "an operator of another language",
        'variable "on" {\n  default = true\n}\n'
        'resource "terraform_data" "box" {\n  count = var.on and true ? 1 : 0\n}\n',
        "terraform_data.box[0]",
    )._replace(asks=True),  # of a count that may come to less
    _edited(
        "quotation marks of a word processor",
        'resource "terraform_data" "box" {\n  input = \u201cblue\u201d\n}\n',
        "terraform_data.box",
    ),
    _edited(
        "a for_each over a list",
        'resource "terraform_data" "box" {\n  for_each = ["blue", "red"]\n  input    = each.key\n}\n',
        'terraform_data.box["blue"]',
        'terraform_data.box["red"]',
    ),
    _edited(
        "an output that shows what is sensitive",
        'variable "pin" {\n  default   = "0000"\n  sensitive = true\n}\n'
        'resource "terraform_data" "box" {\n  input = "blue"\n}\n'
        'output "pin" {\n  value = var.pin\n}\n',
        "terraform_data.box",
    ),
    _edited(
        "an output that is declared twice",
        BOX
        + 'output "colour" {\n  value = terraform_data.box.output\n}\n'
        + 'output "colour" {\n  value = terraform_data.box.output\n}\n',
        "terraform_data.box",
    ),
    _edited(
        "two mistakes that Terraform tells at once, in two files",
        'variable "colour" {\n  default = "blue"\n}\n'
        'resource "terraform_data" "box" {\n  input = var.color\n}\n',
        "terraform_data.box",
        "terraform_data.lid",
        also={"lid.tf": 'resource "terraform_data" "lid" {\n  input = terraform_data.bxo.output\n}\n'},
    )._replace(edited=("main.tf", "lid.tf")),
    _edited(
        "a variable that is misspelt where it is set",
        'variable "bucket_name" {\n  type = string\n}\n'
        'resource "terraform_data" "box" {\n  input = var.bucket_name\n}\n',
        "terraform_data.box",
        also={"terraform.tfvars": 'bukcet_name = "blue"\n'},
    )._replace(edited=("terraform.tfvars",)),
    _edited(
        "a mistake in a module that is called",
        'module "shelf" {\n  source = "./shelf"\n}\n',
        "module.shelf.terraform_data.box",
        also={
            "shelf/main.tf": 'variable "colour" {\n  default = "blue"\n}\n'
            'resource "terraform_data" "box" {\n  input = var.color\n}\n'
        },
    )._replace(edited=("shelf/main.tf",)),
    Scenario(
        "a state that lies elsewhere by now",
        "init_reconfigure",
        {"main.tf": backend("new.tfstate") + BOX},
        ("terraform_data.box",),
        before=({"main.tf": backend("old.tfstate") + BOX},),
        renamed=("old.tfstate", "new.tfstate"),
        asks=True,
    ),
)

GREMLINS = """
resource "terraform_data" "box" {
  input = "blue"
  provisioner "local-exec" {
    command = "test -e ../calm || { touch ../calm; echo the gremlins are out; kill -9 $$; }"
  }
}
"""
BY_MODEL = (
    _edited(
        "words that only a model understands",
        'variable "size" {\n  default = 3\n  validation {\n    condition     = var.size > 3\n'
        '    error_message = "The box has to be larger than three."\n  }\n}\n'
        'resource "terraform_data" "box" {\n  input = var.size\n}\n',
        "terraform_data.box",
        answers=(
            answer(
                "edit_config",
                "The default is too small.",
                edits=[edit("main.tf", "default = 3", "default = 4")],
            ),
        ),
    ),
    _edited(
        "a cycle",
        'resource "terraform_data" "box" {\n  input = terraform_data.lid.output\n}\n'
        'resource "terraform_data" "lid" {\n  input = terraform_data.box.output\n}\n',
        "terraform_data.box",
        "terraform_data.lid",
        answers=(
            answer(
                "edit_config",
                "Box and lid need each other.",
                edits=[edit("main.tf", "input = terraform_data.lid.output", 'input = "blue"')],
            ),
        ),
    ),
    _edited(
        "an argument that moved to another file",
        'resource "terraform_data" "box" {\n  input = local.colours["red"]\n}\n',
        "terraform_data.box",
        also={"locals.tf": 'locals {\n  colours = { blue = "#00f" }\n}\n'},
        answers=(
            answer(
                "edit_config",
                "There is no red any more.",
                edits=[
                    edit("main.tf", '["red"]', '["crimson"]'),
                    edit("locals.tf", 'blue = "#00f"', 'blue = "#00f", crimson = "#d00"'),
                ],
            ),
        ),
    )._replace(edited=("main.tf", "locals.tf")),
    Scenario(
        "a variable that nobody set, with a file for it",
        "set_variable",
        {
            "main.tf": 'variable "colour" {\n  type = string\n}\nvariable "room" {}\n'
            'resource "terraform_data" "box" {\n  input = var.colour\n}\n',
            "terraform.tfvars": 'room = "attic"\n',
        },
        ("terraform_data.box",),
        ("terraform.tfvars",),
        (answer("set_variable", "Nobody said which colour.", variable="colour", value="blue"),),
    ),
    Scenario(
        "a variable that nobody set, without a file for it",
        "set_variable",
        {
            "main.tf": 'variable "sizes" {\n  type = list(number)\n}\n'
            'resource "terraform_data" "box" {\n  input = var.sizes\n}\n'
        },
        ("terraform_data.box",),
        answers=(answer("set_variable", "Nobody said which sizes.", variable="sizes", value="[1, 2]"),),
        plan_options=("-var", "sizes=[1,2]"),
    ),
    Scenario(
        "a fault that passes, in words nobody knows",
        "retry",
        {"main.tf": GREMLINS},
        ("terraform_data.box",),
        answers=(answer("retry", "The gremlins were out for a moment.", retryable=True),),
    ),
    Scenario(
        "a fault that passes after a while",
        "wait_and_retry",
        {"main.tf": GREMLINS},
        ("terraform_data.box",),
        answers=(answer("wait_and_retry", "They need a moment.", retryable=True, wait_s=1),),
    ),
    Scenario(
        "objects that somebody else changed meanwhile",
        "refresh",
        {"main.tf": GREMLINS},
        ("terraform_data.box",),
        answers=(answer("refresh", "What was read is out of date.", retryable=True),),
    ),
    Scenario(
        "an object that exists already",
        "import",
        {
            "main.tf": 'resource "terraform_data" "box" {\n  input = "blue"\n}\n'
            'resource "terraform_data" "lid" {\n  count = terraform_data.box.id == "crate-7" ? 1 : 0\n}\n'
        },
        ("terraform_data.box", "terraform_data.lid[0]"),
        answers=(
            answer(
                "import",
                "The box stands there already, as crate-7.",
                address="terraform_data.box",
                object_id="crate-7",
            ),
        ),
        asks=True,
    ),
    Scenario(
        "a resource that got another name",
        "state_rm_or_mv",
        {
            "main.tf": 'resource "terraform_data" "crate" {\n  input = "blue"\n}\n'
            'resource "terraform_data" "lid" {\n  count = terraform_data.crate.id != "" ? 2 : 1\n}\n'
        },
        ("terraform_data.crate", "terraform_data.lid[0]", "terraform_data.lid[1]"),
        answers=(
            answer(
                "state_rm_or_mv",
                "The box is called crate by now.",
                address="terraform_data.box",
                destination="terraform_data.crate",
            ),
        ),
        before=({"main.tf": BOX},),
        asks=True,
    ),
    Scenario(
        "an object that is broken",
        "replace",
        {
            "main.tf": BOX + 'output "serial" {\n  value = terraform_data.box.id\n}\n',
            "planner.yaml": 'checks: {outputs: [{name: serial, matches: "^[0-9a-f-]{36}$"}]}\n',
        },
        ("terraform_data.box",),
        answers=(answer("replace", "The box lost its serial number.", address="terraform_data.box"),),
        before=({"main.tf": BOX + 'import {\n  to = terraform_data.box\n  id = "scratched"\n}\n'},),
        asks=True,
    ),
)
