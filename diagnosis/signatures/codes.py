"""Error codes as the clouds' SDKs print them.

Decides which words of a message are codes, and whose. Leaves to the
signatures what a code means. Every pattern is tied to the frame its SDK puts
around a code, so that a capitalised word in a sentence is not taken for one.
"""

from __future__ import annotations

import re

_AWS_FRAME = re.compile(
    r"status code: \d|[Rr]equest ?I[dD]\b|api error |operation error |<Code>|arn:aws|HandlerErrorCode|\baws_"
    r"|Cloud Control API"
)
_AZURE_FRAME = re.compile(
    r"unexpected status \d{3}|StatusCode=|\b(?:azurerm|azuread|azapi)_|Code=\"|RESPONSE \d{3}: "
    r"|polling failed|ERROR CODE: |autorest|Microsoft\.[A-Z]|\.azure\.com|AADSTS"
)
_GOOGLE_FRAME = re.compile(r"googleapi: |\bgoogle_|google\.(?:rpc|api|cloud)|googleapis\.com")
_AWS_FRAMED = (
    re.compile(r"api error ([A-Za-z][\w.]{2,80}):"),
    re.compile(r"RequestID: [^,]{0,100},(?: HostID: [^,]{0,200},)? (?:api error )?([A-Z][\w.]{2,80})\b"),
    re.compile(r"<Code>([A-Z][\w.]{2,80})</Code>"),
    re.compile(r"(?:HandlerErrorCode|ErrorCode): ?([A-Z]\w{2,80})"),
)
_AWS_PROSE = (
    # Camel case with an inner capital, or dotted: `ThrottlingException`, `DBInstanceNotFound`,
    # `InvalidGroup.Duplicate`, `AWS.SimpleQueueService.QueueDeletedRecently`.
    re.compile(
        r"(?:^|[:(*,] |[a-z)\]\"] )"
        r"((?:AWS\.)?[A-Z]{1,6}[a-z0-9]{1,40}[A-Z.][A-Za-z0-9.]{0,80}|Throttling|Unsupported):(?: |$)"
    ),
    re.compile(
        r": ([A-Z][A-Za-z]{2,60}"
        r"(?:Exception|Fault|AlreadyExists|AlreadyOwnedByYou|LimitExceeded|[a-z]NotFound))$"
    ),
)
# What a sentence quotes as a value: `description "retry on Throttling: Rate exceeded" is too long`. A quote
# after a colon may hold the error itself, and one with a brace or a backslash is a document: those are read.
_QUOTED_VALUE = re.compile(r"(?<=[\w)] )\"[^\"{}\\]{0,400}\"")
_AZURE = (
    re.compile(r"Code=\"([A-Za-z]\w{2,80})\""),
    re.compile(r"\"[cC]ode\": ?\"([A-Za-z]\w{2,80})\""),
    re.compile(r"with (?:OData )?error: ([A-Z]\w{2,80}):"),
    re.compile(r"the Azure API returned the following error: Status: \"([A-Z]\w{2,80})\""),
    re.compile(r"(?:ERROR CODE|ErrorCode|Code): ?\"?([A-Z]\w{2,80})"),
    re.compile(r"\b(AADSTS\d{4,7})\b"),
)
_GOOGLE = (
    re.compile(r", ([a-z]{1,40}[A-Z][A-Za-z]{2,60}|forbidden|invalid|conflict|required|duplicate)(?![\w.])"),
    re.compile(r"\"(?:reason|code)\": ?\"([A-Za-z]\w{2,80})\""),
    re.compile(r"\b([A-Z]{3,30}(?:_[A-Z]{2,30}){1,8})\b"),
)
_GRPC = re.compile(r"\bcode = ([A-Z][A-Za-z]{2,40})\b")
_STATUS = re.compile(
    r"(?:(?<!exit )[Ss]tatus(?: ?[Cc]ode)?[:=]? ?\"?|StatusCode[:=] ?|HTTP(?:/\d(?:\.\d)?)? "
    r"|googleapi: Error |RESPONSE |response code:? |unexpected status |error code:? "
    r"|received an HTTP |[Hh]ttp error |\"status(?:_?[Cc]ode)?\": ?\"?|, but got |https://\S{1,200}: )"
    r"([1-5]\d\d)\b(?!\.\d)"
)


def codes_of(text: str) -> frozenset[str]:
    """The codes in one message as `vendor:code` in lower case; vendors are aws, azure, google and grpc."""
    found = {f"grpc:{code}" for code in _GRPC.findall(text)}
    if _AZURE_FRAME.search(text):
        found |= {f"azure:{code}" for pattern in _AZURE for code in pattern.findall(text)}
    else:
        prose = _QUOTED_VALUE.sub('""', text)
        found |= {f"aws:{code}" for pattern in _AWS_PROSE for code in pattern.findall(prose)}
        if _AWS_FRAME.search(text):
            found |= {f"aws:{code}" for pattern in _AWS_FRAMED for code in pattern.findall(text)}
    if _GOOGLE_FRAME.search(text):
        found |= {f"google:{code}" for pattern in _GOOGLE for code in pattern.findall(text)}
    return frozenset(code.lower() for code in found)


def statuses_of(text: str) -> frozenset[int]:
    """The HTTP status codes a message names as such."""
    return frozenset(int(code) for code in _STATUS.findall(text))
