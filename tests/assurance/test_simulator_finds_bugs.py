"""What the simulator is worth: bugs that are put in on purpose, and which promise each is seen to break."""

from __future__ import annotations

import multiprocessing

import pytest

from tests.assurance.patching import patched
from tests.assurance.sim_bugs import BUGS
from tests.assurance.simulator import simulated

MOST = 2000
"""Seeds until a bug must have shown; the commit tier has ten thousand."""


def found_after(name: str) -> int | None:
    """How many seeds it takes until this bug breaks the promise that it is to break."""
    patch, code = BUGS[name]
    with patched(patch()):
        for seed in range(MOST):
            failed, _ = simulated([seed])
            if any(code in said for said in failed.get(seed, ())):
                return seed + 1
    return None


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_every_bug_that_is_put_in_is_found() -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        after = dict(zip(BUGS, pool.map(found_after, BUGS, chunksize=1), strict=True))
    assert not [name for name, seeds in after.items() if seeds is None]
    print(f"{len(after)} of {len(BUGS)} bugs found, after {sorted(filter(None, after.values()))} seeds")  # noqa: T201 - the number is the point
