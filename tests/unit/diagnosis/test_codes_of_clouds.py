"""Where Azure's operations and AWS's bare endings carry the code, and what of them is none."""

from __future__ import annotations

import pytest

from diagnosis.signatures.codes import codes_of, statuses_of

POLLED = (
    "creating Endpoint: polling after Create: polling failed: the Azure API returned the following error: "
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f'{POLLED}Status: "ServerBusyUpdating" Code: "" Message: "no"', "azure:serverbusyupdating"),
        (f'{POLLED}Status: "Failed" Code: "AllocationFailed" Message: "no"', "azure:allocationfailed"),
        (
            "Client.Post(): unexpected status 403 with OData error: Authorization_RequestDenied: no",
            "azure:authorization_requestdenied",
        ),
        ("creating S3 Bucket (a): BucketAlreadyExists", "aws:bucketalreadyexists"),
        ("reading DB Instance (a): DBInstanceNotFoundFault", "aws:dbinstancenotfoundfault"),
    ],
)
def test_a_code_is_read_where_its_cloud_prints_it(text: str, code: str) -> None:
    assert code in codes_of(text)


@pytest.mark.parametrize(
    "text",
    [
        'the thing has Status: "BadRequest" in its form',
        "see the page on: ServiceLevels",
        "the page: NotFound",
    ],
)
def test_a_status_of_something_else_is_no_code(text: str) -> None:
    assert not codes_of(text)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ('error creating Net: {"error":"Not found.","status":404}', 404),
        ('the answer was {"statusCode": 409, "message": "no"}', 409),
        ("http error 403 Forbidden: Permission denied", 403),
        ("when accessing [POST https://a.example/v2.0/ports], but got 409 instead", 409),
        ('POST https://api.a.example/v2/boxes: 422 (request "11-22") no', 422),
    ],
)
def test_a_status_is_read_from_an_answer_of_any_service(text: str, status: int) -> None:
    assert status in statuses_of(text)


@pytest.mark.parametrize(
    "text", ['{"status": 404000}', "the port 404 is closed", "exit status 127", 'line 422 (request "a")']
)
def test_a_number_that_is_no_status_is_let_be(text: str) -> None:
    assert not statuses_of(text)
