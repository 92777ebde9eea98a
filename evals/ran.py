"""How a trial that ended is to be called, by what planner says of the models it asked. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from contracts.incident import Incident
from evals.trials import Ran

_WORDS = (
    (Ran.ENDED, re.compile(r"the script has no further answer")),  # a scripted model that was asked too often
    (Ran.STALE_CASSETTE, re.compile(r"no_recorded_reply")),
    (Ran.REFUSED, re.compile(r"it refused to answer|: refusal")),
    (Ran.INVALID_OUTPUT, re.compile(r"the answer of \S+ cannot be used|its answer was cut off")),
    (Ran.OVER_BUDGET, re.compile(r"was not asked: (?!the run is ending)")),
    (Ran.THROTTLED, re.compile(r"gave no answer: .*(?:429|throttl|rate limit)", re.IGNORECASE)),
    (Ran.PROVIDER_ERROR, re.compile(r"gave no answer: ")),
)


def ran_of(incidents: Sequence[Incident]) -> tuple[Ran, str]:
    """The class, and the words it was told by; of the last failure of which a model was asked in vain."""
    for incident in incidents[-1:]:
        told = incident.root_cause if incident.source is None else incident.note
        for ran, words in _WORDS:
            if found := words.search(told):
                return ran, found[0]
    return Ran.ENDED, ""
