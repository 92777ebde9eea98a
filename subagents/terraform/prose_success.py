"""Whether what Terraform printed for people ends with its own word that it succeeded.

Decides only where nothing in the text speaks of a failure: any doubt is a no, and
the text is diagnosed as any other. Leaves messages to `prose.py`. Pure, and linear
in the length of the text.
"""

from __future__ import annotations

import re

from subagents.terraform.prose_lines import lines_of
from subagents.terraform.prose_values import without_values

_DONE = re.compile(
    r"\s*((?:Apply|Destroy) complete! Resources: \d.*"
    r"|(?:Terraform|OpenTofu) has been successfully initialized!"
    r"|No changes\. .*|Success! The configuration is valid.*"
    r"|Note: You didn't use the -out option to save this plan.*|Saved the plan to: .+)"
)
_AFTER = re.compile(
    r"\s*$|Outputs:$|Releasing state lock"
    r"|You may now begin working|any changes that are required|should now work"
    r"|If you ever set or change|rerun this command|commands will detect it"
    r"|guarantee to take exactly these|To perform exactly these actions|\s*(?:terraform|tofu) apply \""
    r"|(?:Terraform|OpenTofu) has compared|found no differences|and found no differences|is needed|are needed"
)
"""What Terraform prints once it is done, beside the values of outputs."""
_FAILED = re.compile(
    r"(?i)[^\w+~\"-]*(?:errors?\b|erro\[|fail\w*|fatal|panic|traceback|killed|abort|exit |make.*\*\*\*)"
)


def success_of(text: str) -> str | None:
    """The last line with which Terraform says that it is done; None: it does not, or tells of a failure."""
    done: str | None = None
    for line in without_values(lines_of(text)):
        if found := _DONE.fullmatch(line):
            done = found[1].strip()
        elif _FAILED.match(line):
            return None
        elif done is not None and not _AFTER.match(line):
            done = None
    return done
