"""What a module's texts declare, and what an edit of them touches."""

from __future__ import annotations

import pytest

from subagents.remediator.inventory import inventory, touched
from tests.fakes.twenty_modules import MODULES


def test_a_folder_is_known_by_all_that_it_declares() -> None:
    texts = {
        "a.tf": 'resource "x_y" "a" {\n  provisioner "local-exec" {\n    command = "id"\n  }\n}\n'
        'data "x_z" "d" {}\nmodule "m" {\n  source = "./m"\n}\n',
        "b.tf": 'variable "v" {\n  sensitive = true\n}\nvariable "w" {}\n'
        'output "o" {\n  value     = 1\n  sensitive = true\n}\noutput "p" {\n  value = 1\n}\n'
        'import {\n  to = x_y.a\n  id = "i-1"\n}\n',
    }
    found = inventory(texts, "module.n.")
    assert found.resources == {"module.n.x_y.a", "module.n.data.x_z.d"}
    assert found.provisioners == {("module.n.x_y.a", "local-exec")}
    assert found.sources == {"./m"}
    assert found.outputs == {"o", "p"}
    assert found.sensitive == {"module.n.var.v", "module.n.output.o"}
    assert {id_ for _, id_ in found.imports} == {"i-1"}


@pytest.mark.parametrize("name", MODULES)
def test_every_small_module_has_the_resources_that_its_text_names(name: str) -> None:
    texts = {file: text for file, text in MODULES[name].items() if file.endswith(".tf") and "/" not in file}
    found = inventory(texts, "")
    headers = [line.split('"') for text in texts.values() for line in text.splitlines()]
    assert found.resources == {
        ("data." if words[0] == "data " else "") + f"{words[1]}.{words[3]}"
        for words in headers
        if words[0] in {"resource ", "data "}
    }


def test_a_broken_file_tells_what_can_still_be_read() -> None:
    text = 'resource "x_y" "a" {\n  b = \n}\nresource "x_y" "c" {\n  d = 1\n}\n'
    assert "x_y.c" in inventory({"main.tf": text}, "").resources


BEFORE = """
resource "x_y" "a" {
  n = 1
}
variable "v" {
  default = 1
}
locals {
  l = 1
  k = 2
}
output "o" {
  value = 1
}
module "m" {
  source = "./m"
}
"""


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("n = 1", "n = 2", {"x_y.a"}),
        ("default = 1", "default = 2", {"var.v"}),
        ("l = 1", "l = 3", {"local.l"}),
        ("value = 1", "value = 2", {"output.o"}),
        ('"./m"', '"./n"', {"module.m"}),
        ('"x_y" "a"', '"x_y" "b"', {"x_y.a", "x_y.b"}),
        ("n = 1\n", "# said\n  n   =   1\n", set()),
    ],
)
def test_what_an_edit_touches_is_named_by_its_address(old: str, new: str, names: set[str]) -> None:
    assert touched(BEFORE, BEFORE.replace(old, new), "") == names
    assert touched(BEFORE, BEFORE.replace(old, new), "module.n.") == {f"module.n.{name}" for name in names}


def test_a_value_in_a_file_of_values_touches_its_variable() -> None:
    assert touched("a = 1\nb = 2\n", "a = 1\nb = 3\nc = 4\n", "") == {"var.b", "var.c"}
