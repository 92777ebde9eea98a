"""Which question to a model is the same question: the key of its answer. Pure.

The key holds all that an answer depends on: the evidence, what was tried, the
model, and every fixed word of the prompt with the reply's schema. Where answers
are kept is `planner.memory`'s.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from contracts.hypothesis import Hypothesis
from contracts.incident import Evidence
from contracts.text import MASK
from diagnosis.prompt import prompt_version


def answer_key(model: str, evidence: Evidence, tried: Sequence[Hypothesis]) -> str:
    """`answer:` and a SHA-256; tags of secrets count alike, for their key is new in each run."""
    said = json.dumps(
        [
            model,
            prompt_version(),
            evidence.model_dump(mode="json"),
            [hypothesis.model_dump(mode="json") for hypothesis in tried],
        ],
        sort_keys=True,
    )
    return f"answer:{hashlib.sha256(MASK.sub('<secret>', said).encode()).hexdigest()}"
