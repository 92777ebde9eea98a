# ruff: noqa: E501 - messages as providers write them, each in one piece
"""One cause, one fingerprint: stable under everything particular, different where the cause is."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from contracts.diagnostic import Diagnostic, Severity, SourceRange
from contracts.incident import Evidence, Stage
from diagnosis.fingerprint import VERSION, fingerprint_of

NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,20}", fullmatch=True)
HEX = st.uuids().map(str)
REGIONS = st.sampled_from(["us-east-1", "eu-west-2", "ap-southeast-1", "europe-west4", "us-central1"])
NUMBERS = st.integers(0, 10**12).map(str)
HOSTS = st.text(string.ascii_letters + string.digits + "+/", min_size=20, max_size=70).map(
    lambda s: f"a1{s}="
)

# Terraform's and providers' message templates, with holes for what is particular.
TEMPLATES = (
    (
        "aws_vpc",
        "creating EC2 VPC: operation error EC2: CreateVpc, https response error StatusCode: 400, RequestID: {uuid}, api error VpcLimitExceeded: The maximum number of VPCs has been reached.",
    ),
    (
        "aws_eip",
        "creating EC2 EIP: operation error EC2: AllocateAddress, https response error StatusCode: 400, RequestID: {uuid}, api error AddressLimitExceeded: The maximum number of addresses has been reached.",
    ),
    (
        "aws_vpc",
        "creating EC2 VPC: operation error EC2: CreateVpc, https response error StatusCode: 403, RequestID: {uuid}, api error UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:iam::{number}:user/{name} is not authorized",
    ),
    (
        "aws_s3_bucket",
        "creating S3 Bucket ({name}): operation error S3: CreateBucket, https response error StatusCode: 409, RequestID: {uuid}, HostID: {host}, BucketAlreadyExists:",
    ),
    (
        "aws_s3_bucket",
        "creating S3 Bucket ({name}): operation error S3: CreateBucket, https response error StatusCode: 503, RequestID: {uuid}, HostID: {host}, api error SlowDown: Please reduce your request rate.",
    ),
    (
        "google_compute_instance",
        "Error creating instance: googleapi: Error 403: Quota 'CPUS' exceeded.  Limit: {number}.0 in region {region}., quotaExceeded",
    ),
    (
        "google_compute_instance",
        "Error creating instance: googleapi: Error 409: The resource 'projects/{name}/zones/{region}-b/instances/{name}' already exists, alreadyExists",
    ),
    (
        "azurerm_resource_group",
        'A resource with the ID "/subscriptions/{uuid}/resourceGroups/{name}" already exists - to be managed via Terraform this resource needs to be imported into the State.',
    ),
    ("terraform_data", 'Unsupported attribute\nThis object does not have an attribute named "{name}".'),
    (
        "terraform_data",
        'Reference to undeclared resource\nA managed resource "null_resource" "{name}" has not been declared in the root module.',
    ),
    (
        "terraform_data",
        "local-exec provisioner error\nError running command 'exit {number}': exit status {number}. Output: ",
    ),
    (
        "kubernetes_deployment",
        "Waiting for rollout to finish: {number} of {number} updated replicas are available...",
    ),
    ("proxmox_vm_qemu", "{number} unable to create VM {number}: config file already exists"),
)
WORDS = {word for _, text in TEMPLATES for word in text.lower().split()}
LABELS = NAMES.filter(lambda name: name not in WORDS)  # "is" and the like go out of the text with the address
HOLES = st.fixed_dictionaries(
    {
        "name": NAMES,
        "uuid": HEX,
        "number": NUMBERS,
        "region": REGIONS,
        "host": HOSTS,
        "label": LABELS,
        "line": st.integers(1, 9999),
    }
)


def failure(template: int, holes: dict[str, object]) -> Evidence:
    kind, text = TEMPLATES[template]
    summary, _, detail = text.format(**holes).partition("\n")
    line = int(str(holes["line"]))
    return Evidence(
        stage=Stage.APPLY,
        diagnostics=(
            Diagnostic(
                severity=Severity.ERROR,
                summary=summary,
                detail=detail,
                address=f"module.{holes['label']}.{kind}.{holes['label']}[{line}]",
                range=SourceRange(filename=f"{holes['label']}.tf", start_line=line, end_line=line),
            ),
        ),
    )


@given(st.integers(0, len(TEMPLATES) - 1), HOLES, HOLES)
def test_names_ids_regions_numbers_and_places_do_not_matter(
    template: int, one: dict[str, object], two: dict[str, object]
) -> None:
    assert fingerprint_of(failure(template, one)) == fingerprint_of(failure(template, two))


@given(HOLES)
def test_no_two_causes_share_an_id(holes: dict[str, object]) -> None:
    ids = {fingerprint_of(failure(template, holes)) for template in range(len(TEMPLATES))}
    assert len(ids) == len(TEMPLATES)


@given(NAMES, NAMES)
def test_the_name_of_the_resource_itself_does_not_matter_even_without_quotes(one: str, two: str) -> None:
    def told(name: str) -> Evidence:
        error = Diagnostic(severity=Severity.ERROR, summary=f"cannot start {name} now", address=f"a_b.{name}")
        return Evidence(stage=Stage.APPLY, diagnostics=(error,))

    assert fingerprint_of(told(one)) == fingerprint_of(told(two))


@given(st.text(max_size=200))
def test_any_text_has_one_of_the_known_form(text: str) -> None:
    found = fingerprint_of(Evidence(stage=None, text=text))
    assert found.startswith(f"{VERSION}:")
    assert len(found) == len(VERSION) + 17
    assert found == fingerprint_of(Evidence(stage=None, text=text))
