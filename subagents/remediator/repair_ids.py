"""Which lock to release and which object to import, where the message itself says so.

Decides that an object's name in a message is the id that the import of its
type takes (the providers' import documentation). Where an import takes
something else, such as an ARN, the message's name is not used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from contracts.diagnostic import Diagnostic, Severity
from contracts.remediation import ForceUnlock, Import

_LOCK = re.compile(r"^Lock Info:\n(?:[^\n]*\n)*?[ \t]+ID:[ \t]+(?P<id>[\w.:/-]+)[ \t]*$", re.MULTILINE)
_TYPE = re.compile(r"(?:.*\.)?(?P<type>[a-z][a-z0-9_]*)\.[A-Za-z_][\w-]*(?:\[[^\]]*\])?", re.DOTALL)
_ID = r"(?P<id>[\w+=,.@:/#-]{1,300})"
_IN_BRACKETS = rf"\({_ID}\)[^\n]*"
_AZURE = re.compile(
    r'resource with the ID "(?P<id>/[^"\s]+)" already exists - to be managed via Terraform this resource '
    r"needs to be imported into the State\. Please see the resource documentation for "
    r'"(?P<type>\w+)"'
)
_GOOGLE = re.compile(r"The resource '(?P<id>projects/[^'\s]+)' already exists")
_NAMED_IN = {
    "aws_cloudwatch_log_group": rf"Log Group {_IN_BRACKETS}ResourceAlreadyExistsException",
    "aws_db_instance": rf"DB Instance {_IN_BRACKETS}DBInstanceAlreadyExists",
    "aws_db_subnet_group": rf"DB Subnet Group {_IN_BRACKETS}DBSubnetGroupAlreadyExists",
    "aws_dynamodb_table": rf"Table already exists: {_ID}",
    "aws_ecr_repository": rf"repository with name '{_ID}' already exists",
    "aws_eks_cluster": rf"Cluster already exists with name: {_ID}",
    "aws_iam_group": rf"Group with name {_ID} already exists",
    "aws_iam_instance_profile": rf"Instance Profile {_ID} already exists",
    "aws_iam_role": rf"Role with name {_ID} already exists",
    "aws_iam_user": rf"User with name {_ID} already exists",
    "aws_key_pair": rf"Key Pair {_IN_BRACKETS}InvalidKeyPair\.Duplicate",
    "aws_lambda_function": rf"Function already exist: {_ID}",
    "aws_s3_bucket": rf"Bucket {_IN_BRACKETS}BucketAlreadyOwnedByYou",
    "aws_ssm_parameter": rf"SSM Parameter {_IN_BRACKETS}ParameterAlreadyExists",
}


def with_lock_id(remedy: ForceUnlock, diagnostics: Sequence[Diagnostic]) -> ForceUnlock:
    """The remedy with the lock that the message shows; unchanged where it shows none, or several."""
    locked = [one.detail for one in _errors(diagnostics) if one.summary == "Error acquiring the state lock"]
    ids = {found["id"] for detail in locked for found in _LOCK.finditer(detail)}
    if remedy.lock_id or len(ids) != 1:
        return remedy
    return remedy.model_copy(update={"lock_id": ids.pop()})


def with_object(remedy: Import, diagnostics: Sequence[Diagnostic]) -> Import:
    """The remedy with the address that failed and the id of what exists already; of several the first."""
    if remedy.address and remedy.id:
        return remedy
    for one in _errors(diagnostics):
        found = _existing(one)
        if (
            one.address
            and found
            and remedy.address in {None, "", one.address}
            and remedy.id in {None, "", found}
        ):
            return remedy.model_copy(update={"address": one.address, "id": found})
    addresses = {one.address for one in _errors(diagnostics) if one.address}
    if remedy.address or len(addresses) != 1:
        return remedy
    return remedy.model_copy(update={"address": addresses.pop()})


def _existing(diagnostic: Diagnostic) -> str | None:
    """The import id of the object that exists already."""
    address = _TYPE.fullmatch(diagnostic.address or "")
    kind = address["type"] if address else ""
    azure = _AZURE.search(diagnostic.text)
    if azure is not None:
        return azure["id"] if azure["type"] == kind else None
    google = _GOOGLE.search(diagnostic.text)
    if google is not None:
        return google["id"] if kind.startswith("google_compute_") else None
    pattern = _NAMED_IN.get(kind)
    found = re.search(pattern, diagnostic.text) if pattern else None
    return found["id"] if found else None


def _errors(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    return [one for one in diagnostics if one.severity is Severity.ERROR]
