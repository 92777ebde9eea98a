"""Which words of an AWS message are its error codes, and which only look so."""

from __future__ import annotations

import pytest

from diagnosis.signatures.codes import codes_of


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("creating Distribution: CNAMEAlreadyExists: taken", "aws:cnamealreadyexists"),
        ("creating Database: DBInstanceNotFound: none of this name", "aws:dbinstancenotfound"),
        (
            "creating queue: AWS.SimpleQueueService.QueueDeletedRecently: wait",
            "aws:aws.simplequeueservice.queuedeletedrecently",
        ),
        ("updating Function (a) configuration : AccessDeniedException", "aws:accessdeniedexception"),
        ("creating Function: ValidationException:", "aws:validationexception"),
        ("https response error StatusCode: 400, BadRequestException: no", "aws:badrequestexception"),
    ],
)
def test_a_code_is_known_by_its_place_whatever_letters_it_begins_with(text: str, code: str) -> None:
    assert code in codes_of(text)


@pytest.mark.parametrize(
    "text",
    [
        'the description "do it again on Throttling: Rate exceeded" is too long',
        "a widget of the SQS: it waits",
        "it raised an AccessDeniedException while it worked",
        "CNAME: none",
    ],
)
def test_what_a_sentence_quotes_or_only_mentions_is_no_code(text: str) -> None:
    assert not codes_of(text)


def test_an_error_in_quotes_after_a_colon_or_in_a_document_is_read() -> None:
    assert "aws:accessdenied" in codes_of('the stack said: "The handler failed: AccessDenied: no"')
    assert "aws:accessdenied" in codes_of('answer {"status": "The handler failed: AccessDenied: no"}')
