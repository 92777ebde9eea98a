"""A text that ends with Terraform's own word of success is no failure; any doubt makes it one."""

from __future__ import annotations

import pytest

from subagents.terraform.prose_success import success_of

PLAN = """
Terraform will perform the following actions:

  # terraform_data.a will be created
  + resource "terraform_data" "a" {
      + input  = "error: no"
    }

Plan: 1 to add, 0 to change, 0 to destroy.
terraform_data.a: Creating...
terraform_data.a: Creation complete after 0s [id=7dfd90c0]
"""
PLANNED = f"{PLAN.partition('terraform_data.a: Creating')[0]}\n{'─' * 77}\n\n"
UNSAVED = (
    "Note: You didn't use the -out option to save this plan, so Terraform can't\n"
    'guarantee to take exactly these actions if you run "terraform apply" now.\n'
)
EXACTLY = "To perform exactly these actions, run the following command to apply:\n"
APPLIED = f"{PLAN}\nApply complete! Resources: 1 added, 0 changed, 0 destroyed.\n"
OUTPUTS = '\nOutputs:\n\nx = "bucket already exists: Error"\nlist = [\n  "failed",\n]\n'
READY = (
    "Terraform has been successfully initialized!\n\nYou may now begin working with Terraform. Try running "
    '"terraform plan" to see\nany changes that are required for your infrastructure. All Terraform commands\n'
    "should now work.\n\nIf you ever set or change modules or backend configuration for Terraform,\n"
    "rerun this command to reinitialize your working directory. If you forget, other\n"
    "commands will detect it and remind you to do so if necessary.\n"
)
SAME = (
    "No changes. Your infrastructure matches the configuration.\n\nTerraform has compared your real "
    "infrastructure against your configuration\nand found no differences, so no changes are needed.\n"
)


@pytest.mark.parametrize(
    ("text", "last"),
    [
        (APPLIED, "Apply complete! Resources: 1 added, 0 changed, 0 destroyed."),
        (APPLIED + OUTPUTS, "Apply complete! Resources: 1 added, 0 changed, 0 destroyed."),
        (READY, "Terraform has been successfully initialized!"),
        (READY.replace("Terraform has", "OpenTofu has"), "OpenTofu has been successfully initialized!"),
        (READY + APPLIED, "Apply complete! Resources: 1 added, 0 changed, 0 destroyed."),
        (SAME, "No changes. Your infrastructure matches the configuration."),
        ("Success! The configuration is valid.\n", "Success! The configuration is valid."),
        (PLANNED + UNSAVED, "Note: You didn't use the -out option"),
        (f'{PLANNED}Saved the plan to: p\n\n{EXACTLY}    terraform apply "p"\n', "Saved the plan to: p"),
        (f"Warning: Argument is deprecated\n\n  on main.tf line 3:\n{APPLIED}", "Apply complete!"),
        (APPLIED.replace("Apply", "2026-11-23T01:02:03Z Apply"), "Apply complete! Resources: 1 added"),
    ],
)
def test_its_last_word_is_told(text: str, last: str) -> None:
    assert (success_of(text) or "").startswith(last)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello world\n",
        PLAN,
        READY + PLAN,
        APPLIED + "make: *** [deploy] Error 1\n",
        APPLIED + OUTPUTS + "curl: (7) Failed to connect\n",
        APPLIED + OUTPUTS + "upload failed: denied\n",
        APPLIED + "something else ran afterwards\n",
        f"panic: runtime error\n{APPLIED}",
        f"ERRO[0012] exit status 1\n{APPLIED}",
        f"[ERROR] the other module\n{APPLIED}",
        f"Error: Invalid reference\n\n  on main.tf line 1:\n{READY}",
        READY + "Killed\n",
        'data = "Apply complete! Resources: 1 added"\n',
    ],
)
def test_where_anything_else_is_told_it_is_a_failure_as_before(text: str) -> None:
    assert success_of(text) is None
