"""A comparison as text: what got worse, what got better, and whether that can be chance."""

from __future__ import annotations

from collections.abc import Iterator

from evals.comparison import Claim, Comparison, regressions


def render(comparison: Comparison) -> str:
    """A paragraph a model and suite; then what is a regression."""
    lines = [line for claim in comparison.claims for line in _claim(claim)]
    if comparison.unpaired:
        lines += ["", f"not compared, for one side alone counts: {comparison.unpaired} scenarios of a model"]
    wrong = regressions(comparison)
    lines += ["", "regressions:", *(f"  {line}" for line in wrong)] if wrong else ["", "no regression"]
    return "\n".join(lines) + "\n"


def _claim(claim: Claim) -> Iterator[str]:
    low, high = claim.interval
    alone = ", alone" if claim.alone else ""
    points = f"{100 * claim.difference:+.1f} [{100 * low:+.1f}, {100 * high:+.1f}] points"
    yield (
        f"{claim.model}, {claim.suite}{alone}: {100 * claim.before:.0f} % -> {100 * claim.after:.0f} % of "
        f"{claim.cases} paired scenarios, {points}; "
        f"exact McNemar p = {claim.p:.3f}, {claim.p_holm:.3f} after Holm"
    )
    for name, scenarios in (("worse", claim.worse), ("better", claim.better)):
        if scenarios:
            yield f"  {name}: {', '.join(scenarios)}"
    if claim.harm:
        yield f"  harm in {claim.harm} trials"
    if claim.usd_before is not None and claim.usd_after is not None:
        yield f"  median $ a trial: {claim.usd_before} -> {claim.usd_after}"
