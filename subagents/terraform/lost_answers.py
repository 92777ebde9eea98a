"""An apply's errors → what it may have created although nobody answered that it did.

Decides by the words that libraries of HTTP and Terraform itself use. A request
that never left (no connection, no name, no handshake) created nothing, and one
that was answered with a refusal neither; what was waited for, or provisioned,
had been made, and the state tells of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from contracts.terraform import ApplyResult, ChangeAction

_LOST = re.compile(
    r"\bEOF\b|connection reset|broken pipe|use of closed network connection|server closed idle connection"
    r"|connection was forcibly closed|http2: |stream error|goaway|transport is closing"
    r"|read tcp [^\n]{0,200}(?:i/o timeout|connection)|timeout awaiting response|awaiting headers"
    r"|net/http: request canceled|context deadline exceeded|status ?code: 50[24]|502 bad gateway"
    r"|504 gateway time-?out|code = (?:unavailable|deadlineexceeded)|plugin did not respond"
    r"|request cancelled",
    re.IGNORECASE,
)
_NEVER_SENT = re.compile(
    r"dial (?:tcp|udp|unix)|no such host|connection refused|tls: |x509: |tls handshake|proxyconnect"
    r"|waiting for|provisioner error|retrieving|reading (?!response|body|from)",
    re.IGNORECASE,
)


def unanswered(result: ApplyResult) -> Iterator[str]:
    """The addresses of creations that ended in such an error."""
    lost = {
        said.address
        for said in result.diagnostics
        if said.address and _LOST.search(said.text) and not _NEVER_SENT.search(said.text)
    }
    creating = {ChangeAction.CREATE, ChangeAction.REPLACE}
    for change in result.applied:
        if not change.ok and change.action in creating and change.address in lost:
            yield change.address
