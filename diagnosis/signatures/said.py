"""What a service said, without what its SDK put around it: for a sentence about the cause.

Decides what of a message is frame (the operation, request ids, subscriptions,
attempts, machine-readable details) and how much is kept. Leaves to the
signatures what it means, and to `message` which words may be quoted as evidence.
"""

from __future__ import annotations

import re

from diagnosis.signatures.message import Message

_LONGEST = 300
_READ = 2_000  # of a message: what tells the cause stands before that
_FRAMES = (
    # AWS, SDK 2 and SDK 1
    (re.compile(r"\boperation error [\w .-]{2,60}: \w{2,60}, "), ""),
    (re.compile(r"\bexceeded maximum number of attempts, \d{1,4}, "), ""),
    (re.compile(r"\bhttps response error StatusCode: \d{1,3},? ?"), ""),
    (re.compile(r"\bRequestID: [^,\s]{0,100},(?: HostID: [^,\s]{0,200},)? ?(?:api error )?"), ""),
    (re.compile(r"\bapi error (?=[A-Z])"), ""),
    (re.compile(r",? ?\bstatus code: \d{3}, request id: [\w*-]{0,100}(?:, host id: \S{0,200})?"), ""),
    (re.compile(r" ?\bEncoded authorization failure message: \S{0,3000}"), ""),
    # Azure, both SDKs
    (re.compile(r"\(Subscription: \"[^\"]{0,100}\" (?:Resource Group Name: \"[^\"]{0,100}\" ?)?"), "("),
    (re.compile(r"\bperforming \w{2,60}: (?=unexpected status )"), ""),
    (re.compile(r"\bpolling failed: the Azure API returned the following error: "), ""),
    (re.compile(r"\bunexpected status \d{3}(?: \([^)]{3,40}\))? with (?:OData )?(?:error|response): "), ""),
    (re.compile(r"\bFailure (?:sending|responding to) request: StatusCode=\d{1,3} -- Original Error: "), ""),
    (re.compile(r"\bautorest/azure: Service returned an error\. Status=\S{1,20} "), ""),
    # Google: the sentence stands before its details
    (re.compile(r" Details: \[ ?\{.*"), ""),
)


def said_of(message: Message, fragment: str) -> str:
    """What the service said, in one line of at most a few hundred characters; may be empty.

    Where the message is the text outside all diagnostics, the lines from that
    of `fragment` on: what stands before it is of something else.
    """
    if not message.raw:
        return ""
    told = message.raw[0] if message.summary is None else " ".join(message.raw[:2])
    if message.summary is None:
        told = _from_line_of(fragment, told)
    text = " ".join(told[:_READ].split())
    for frame, instead in _FRAMES:
        text = frame.sub(instead, text)
    text = text.strip(" :,.")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rsplit(' ', 1)[0]} …"


def _from_line_of(fragment: str, text: str) -> str:
    words = fragment[:_LONGEST].split()[:8]
    if not words:
        return text.strip()
    found = re.search(r"\s+".join(map(re.escape, words)), text, re.IGNORECASE)
    return text[text.rfind("\n", 0, found.start()) + 1 :] if found else text.strip()
