"""Edits that choose something dearer, and the like that do not."""

from __future__ import annotations

import pytest

from contracts.proposal import Verdict
from subagents.remediator.edit_policy import judge

DEARER = {
    "a larger machine": ('instance_type = "t3.micro"', 'instance_type = "t3.small"'),
    "a machine of many times the size": ('instance_type = "m5.large"', 'instance_type = "m5.24xlarge"'),
    "a machine of another family": ('instance_type = "t3.large"', 'instance_type = "p5.large"'),
    "a machine in place of a wrong one": ('machine_type = "e2-mikro"', 'machine_type = "n2-highmem-80"'),
    "a machine nobody chose": ("ami = var.ami", 'ami = var.ami\ninstance_type = "t3.large"'),
    "another tier": ('sku = "Basic"', 'sku = "Premium"'),
    "another tier in a block": ('sku {\n tier = "Basic"\n}', 'sku {\n tier = "Standard"\n}'),
    "a machine in a list": ('instance_types = ["t3.small"]', 'instance_types = ["t3.small", "p5.48xlarge"]'),
    "another of the largest in a list": (
        'instance_types = ["t3.small", "p5.48xlarge"]',
        'instance_types = ["p5.48xlarge", "p5.48xlarge"]',
    ),
    "a larger disk": (
        "root_block_device {\n volume_size = 20\n}",
        "root_block_device {\n volume_size = 900\n}",
    ),
    "a larger disk by its unit": ('disk_size = "20Mi"', 'disk_size = "20Gi"'),
    "a larger disk by its digits": ("allocated_storage = 20", "allocated_storage = 20.5"),
    "a number in place of a word": ("replicas = many", "replicas = 500"),
    "no limit": ("max_capacity = 4", "max_capacity = -1"),
    "more of them": ("max_size = 3", "max_size = 30"),
    "a product": ("iops = 3000", "iops = 3000 * 10"),
    "a computed number": ("iops = 10", "iops = pow(10, 10)"),
    "a text put together": ('instance_type = "${var.kind}.large"', 'instance_type = "${var.kind}.24xlarge"'),
    "a number put together": ("capacity = 2", 'capacity = "${var.n}2"'),
    "a type of what is a machine": ('type = "g6-standard-1"', 'type = "g6-standard-20"'),
}
NO_DEARER = {
    "the smallest there is": ("ami = var.ami", 'ami = var.ami\ninstance_type = "t3.micro"'),
    "units that are written otherwise": ('memory = "256MB"', 'memory = "256Mi"'),
    "quotes of another language": ("machine_type = 'n2-standard-8'", 'machine_type = "n2-standard-8"'),
    "quotes that are missing in an object": (
        "limits = { cpu = 500m, memory = 1 }",
        'limits = { cpu = "500m", memory = 1 }',
    ),
    "a misspelt machine": ('instance_type = "t3.mikro"', 'instance_type = "t3.micro"'),
    "a later generation": ('instance_class = "db.t2.micro"', 'instance_class = "db.t3.micro"'),
    "a service's prefix": ('node_type = "t3.micro"', 'node_type = "cache.t3.micro"'),
    "quotes": ("instance_type = t3.micro", 'instance_type = "t3.micro"'),
    "a misspelt name": ('instance_typ = "t3.micro"', 'instance_type = "t3.micro"'),
    "another version": ('vm_size = "Standard_D2s_v9"', 'vm_size = "Standard_D2s_v5"'),
    "a smaller machine": ('instance_type = "m5.4xlarge"', 'instance_type = "m5.2xlarge"'),
    "capitals": ('tier = "standard"', 'tier = "Standard"'),
    "a misspelt tier": ('tier = "Standrad"', 'tier = "Standard"'),
    "fewer": ("max_size = 9", "max_size = 6"),
    "a unit that goes": ('volume_size = "20GB"', "volume_size = 20"),
    "a list in place of one": ('instance_types = "t3.small"', 'instance_types = ["t3.small"]'),
    "another reference": ("instance_type = var.sise", "instance_type = var.size"),
    "what is no size": ("timeout = 30", "timeout = 900"),
}
THROUGH = {
    "a local": (
        'locals {\n  kind = "t3.micro"\n}\n',
        'locals {\n  kind = "p5.48xlarge"\n}\n',
        "instance_type = local.kind",
    ),
    "a variable through a local": (
        'variable "kind" {\n  default = "t3.micro"\n}\nlocals {\n  k = var.kind\n}\n',
        'variable "kind" {\n  default = "p5.48xlarge"\n}\nlocals {\n  k = var.kind\n}\n',
        "instance_type = local.k",
    ),
    "what is repeated": (
        'locals {\n  all = { a = { kind = "t3.micro" } }\n}\n',
        'locals {\n  all = { a = { kind = "p5.48xlarge" } }\n}\n',
        "for_each = local.all\n  instance_type = each.value.kind",
    ),
}


def judged(old: str, new: str, kind: str = "cloud_instance") -> list[tuple[str, Verdict]]:
    texts = (f'resource "{kind}" "a" {{\n  {part}\n}}\n' for part in (old, new))
    before, after = ({"main.tf": text} for text in texts)
    return [(found.rule, found.verdict) for found in judge(before, after)]


@pytest.mark.parametrize(("old", "new"), DEARER.values(), ids=DEARER)
def test_what_costs_more_or_may_is_for_a_person(old: str, new: str) -> None:
    assert judged(old, new) == [("edit:cost", Verdict.ASK)]


@pytest.mark.parametrize(("old", "new"), NO_DEARER.values(), ids=NO_DEARER)
def test_what_costs_no_more_is_not(old: str, new: str) -> None:
    assert judged(old, new) == []


def test_what_is_no_object_of_a_cloud_costs_nothing() -> None:
    assert judged("size = 3", "size = 30", "terraform_data") == []


@pytest.mark.parametrize(("old", "new", "reads"), THROUGH.values(), ids=THROUGH)
def test_what_a_size_reads_is_judged_as_the_size(old: str, new: str, reads: str) -> None:
    machine = f'resource "cloud_instance" "a" {{\n  {reads}\n}}\n'
    found = judge({"main.tf": old + machine}, {"main.tf": new + machine})
    assert [(each.rule, each.verdict) for each in found] == [("edit:cost", Verdict.ASK)]


def test_what_lies_beside_a_size_that_is_read_is_none() -> None:
    machine = (
        'resource "cloud_instance" "a" {\n  for_each = local.all\n'
        "  name = each.value.name\n  instance_type = each.value.kind\n}\n"
    )
    texts = (
        f'locals {{\n  all = {{ a = {{ kind = "t3.micro", name = "{name}" }} }}\n}}\n'
        for name in ("My Box", "my-box")
    )
    before, after = ({"main.tf": text + machine} for text in texts)
    assert judge(before, after) == ()


def test_a_value_for_a_variable_is_judged_as_what_it_sizes() -> None:
    main = 'variable "kind" {\n  default = "t3.micro"\n}\nresource "cloud_vm" "a" {\n  size = var.kind\n}\n'
    before = {"main.tf": main, "terraform.tfvars": ""}
    found = judge(before, {"terraform.tfvars": 'kind = "p5.48xlarge"\n'})
    assert [(each.rule, each.verdict) for each in found] == [("edit:cost", Verdict.ASK)]


def test_a_size_given_to_a_module_is_judged_by_what_the_module_does_with_it() -> None:
    call = 'module "box" {\n  source = "./box"\n  big    = %s\n}\n'
    child = 'variable "big" {}\nresource "cloud_vm" "a" {\n  size = var.big\n}\n'
    before = {"main.tf": call % '"small"', "box/main.tf": child}
    found = judge(before, {"main.tf": call % '"large"'})
    assert [(each.rule, each.verdict) for each in found] == [("edit:cost", Verdict.ASK)]
