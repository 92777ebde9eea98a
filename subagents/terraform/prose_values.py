"""What Terraform renders of a plan and of outputs: values that a module chose, and no words of a failure.

Decides which lines those are, by the line above them and by how far they are
indented. Leaves the others to `prose.py` and `prose_success.py`. Pure, and
linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_ABOVE = re.compile(
    r"( *)(?:(?:Terraform|OpenTofu) will perform the following actions:"
    r"|(?:Terraform|OpenTofu) planned the following actions, but then encountered a problem:"
    r"|last \"(?:terraform|tofu) apply\".{0,80}:"  # what was changed outside of it
    r"|Changes to Outputs:|(Outputs:))\s*"
)
_OUTPUT = re.compile(r"[\w-]{1,200} = |[\]})]+,?$|EOT$")


def without_values(lines: Iterable[str]) -> Iterator[str]:
    """The lines in order without those that render values."""
    within = -1  # how far the line above the values is indented; -1: no values are told
    outputs = False
    for line in lines:
        if found := _ABOVE.fullmatch(line):
            within, outputs = len(found[1]), found[2] is not None
        elif within >= 0:
            bare = line.lstrip(" ")
            if not bare or len(line) - len(bare) > within or (outputs and _OUTPUT.match(bare)):
                continue
            within = -1
        yield line
