"""A marked value that a provider computes on is in nothing planner wrote or printed (R-04, a replay of M14).

Names say nothing here: only the mark of the variable tells that it is secret.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terraform.cli import Run, write

pytestmark = pytest.mark.terraform

CANARIES = {
    "by_flag": "flag-canary-3Lm8pT",
    "by_env": "env-canary-7Qz1xV",
    "by_file": "file-canary-9Rb2kW",
    "by_default": "default-canary-4Tt9qq",
}
MODULE = """
variable "by_flag" { sensitive = true }
variable "by_env" { sensitive = true }
variable "by_file" { sensitive = true }
variable "by_default" {
  default   = "%(by_default)s"
  sensitive = true
}
variable "most" { default = 999 }
resource "terraform_data" "leaky" {
  input = "${var.by_flag} ${var.by_env} ${var.by_file} ${var.by_default}"
}
resource "terraform_data" "loud" {
  input = terraform_data.leaky.output
  lifecycle {
    postcondition {
      condition     = length(self.output) < var.most
      error_message = "too long: ${nonsensitive(self.output)} ${nonsensitive(base64encode(var.by_flag))}"
    }
  }
}
output "leak" { value = nonsensitive(terraform_data.leaky.output) }
"""


@pytest.mark.parametrize(("most", "code"), [(999, 0), (3, 2)], ids=["succeeds", "fails"])
@pytest.mark.parametrize("as_json", [True, False], ids=["json", "text"])
def test_a_value_that_leaks_through_a_computed_attribute_is_masked(
    planner: Run, module: Path, tmp_path: Path, most: int, code: int, *, as_json: bool
) -> None:
    write(module, MODULE % CANARIES)
    write(module, f'by_file = "{CANARIES["by_file"]}"\n', "x.auto.tfvars")
    options = ["--var", f"by_flag={CANARIES['by_flag']}", "--var", f"most={most}", "--model", "none"]
    for _ in range(2):  # the second run plans from a state that holds the values
        done = planner("run", module, *options, *["--json"] * as_json, TF_VAR_by_env=CANARIES["by_env"])
        assert done.returncode == code, done.stderr
        home = tmp_path / "home"
        texts = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
        texts += [done.stdout.encode(), done.stderr.encode(), planner("runs", "--json").stdout.encode()]
        for source, value in CANARIES.items():
            assert value in (module / "terraform.tfstate").read_text(encoding="utf-8"), "it never leaked"
            assert not [text for text in texts if value.encode() in text], source
        assert any(b"<secret:" in text for text in texts), "what leaks never reached planner"
