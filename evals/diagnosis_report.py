"""How well failures are named, and for how much: tables over records.

    python -m evals.diagnosis_report [FILE|FOLDER] [--model PROVIDER:ID]

Signatures speak first, as in a run; a model, where one is named, is asked about
the rest and paid for. Without one, what asking would cost is estimated from the
very prompts that would be sent. Primary measure: the accepted category where a
signature speaks, and how often it speaks. No record is left out.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import click

from contracts.hypothesis import Hypothesis, Source
from contracts.incident import Diagnosis, Named
from contracts.remediation import RemediationKind
from diagnosis.asking import ABSTAINS_BELOW
from diagnosis.explain import USUAL_OUTPUT_TOKENS, likely_tokens, likely_usd
from diagnosis.pricing import price_of
from diagnosis.prompt import prompt_for, prompt_version
from diagnosis.reply import reply_schema
from diagnosis.signatures.matcher import SignatureLibrary
from evals.asked import asked
from evals.baselines import NearestNeighbour, echo, majority
from evals.records import Record, records_of
from evals.scenario import SCENARIOS
from evals.scoring import Answer, Score, score
from evals.stats import clustered, shown
from subagents.clock import SystemClock

OWN = SCENARIOS / "recorded"
_SMALL = "anthropic:claude-haiku-5-5"
_SILENT = Answer(None, None, None, "")


class Triage(NamedTuple):
    """What the signatures said of each record, in order, and how long that took."""

    answers: list[Answer]
    ids: list[str]
    """The signature that spoke; empty where none did."""
    milliseconds: list[float]


def triage(records: Sequence[Record]) -> Triage:
    """Ask the signatures about each record; reading them from disk is not timed."""
    library = SignatureLibrary.load()
    for record in records[:1]:
        library.match(record.evidence)
    found = Triage([], [], [])
    for record in records:
        evidence = record.evidence
        began = time.perf_counter()
        match = library.match(evidence)
        if match is not None and match.hypothesis.confidence < ABSTAINS_BELOW:
            match = None  # it knows what failed, and not why
        found.milliseconds.append(1000 * (time.perf_counter() - began))
        found.ids.append(match.id if match else "")
        found.answers.append(_answer(match.hypothesis) if match else _SILENT)
    return found


def _answer(hypothesis: Hypothesis) -> Answer:
    words = f"{hypothesis.root_cause} {hypothesis.remediation.summary}"
    return Answer(
        hypothesis.category, RemediationKind(hypothesis.remediation.kind), hypothesis.retryable, words
    )


def lines(path: Path, model: str | None, max_usd: Decimal) -> Iterator[str]:
    """The report, a line at a time. Raises `PlannerError` where the file or the model is wrong."""
    records = records_of(path)
    said = triage(records)
    nearest = NearestNeighbour(records)
    rows: dict[str, list[Answer]] = {
        "signatures": said.answers,
        "signatures, else nearest neighbour": [
            a if i else nearest(r) for a, i, r in zip(said.answers, said.ids, records, strict=True)
        ],
        "nearest neighbour": [nearest(r) for r in records],
        "majority": [majority(records)] * len(records),
        "echo": [echo(r) for r in records],
    }
    diagnoses = list(asked(records, model, max_usd)) if model else []
    if model:
        rows[f"signatures, else {model}"] = [
            _answer(d.hypothesis) if isinstance(d, Named) else _SILENT for d in diagnoses
        ]
    groups = [record.split_group for record in records]
    yield f"# {path.name}: {len(records)} failures in {len(set(groups))} groups"
    yield ""
    yield "| answers | speaks | category accepted | exact | remedy accepted | fell for a herring | keywords |"
    yield "|---|---|---|---|---|---|---|"
    for name, answers in rows.items():
        yield _row(name, [score(r, a) for r, a in zip(records, answers, strict=True)], groups)
    yield ""
    yield "Shares with 95 % intervals (category: bootstrap over groups, else Wilson), in per cent."
    yield "`category`, `exact` and `remedy` are of those where something was said; the nearest neighbour is"
    yield "never of the same group; `majority` knows the file's own counts."
    yield ""
    yield from _retryable(records, said)
    yield from _wrong(records, said)
    yield from _cost(records, said, diagnoses, model)


def _row(name: str, scores: list[Score], groups: Sequence[str]) -> str:
    spoken = [n for n, s in enumerate(scores) if s.accepted is not None]
    accepted = [bool(scores[n].accepted) for n in spoken]
    cells = [name, shown(len(spoken), len(scores))]
    interval = clustered(accepted, [groups[n] for n in spoken]) if spoken else None
    cells.append(shown(sum(accepted), len(accepted), interval))
    for of in ("strict", "fix", "fell"):
        values = [value for s in scores if (value := getattr(s, of)) is not None]
        cells.append(shown(sum(values), len(values)))
    cells.append(shown(sum(s.keywords for s in scores), len(scores)))
    return f"| {' | '.join(cells)} |"


def _retryable(records: Sequence[Record], said: Triage) -> Iterator[str]:
    spoken = [(r.retryable, a.retryable) for r, a in zip(records, said.answers, strict=True) if a.category]
    both = sum(true and told is True for true, told in spoken)
    told_so, are_so = sum(told is True for _, told in spoken), sum(true for true, _ in spoken)
    precision, recall = shown(both, told_so), shown(both, are_so)
    yield f"Retryable, where a signature speaks: precision {precision}, recall {recall}."
    slow = sorted(said.milliseconds)
    yield (
        f"A failure takes the signatures {statistics.median(slow):.2f} ms in the median, "
        f"{slow[int(0.95 * len(slow))]:.2f} ms in 95 of 100, {slow[-1]:.2f} ms at most."
    )


def _wrong(records: Sequence[Record], said: Triage) -> Iterator[str]:
    """Every answer that is not accepted: said, true, and which signature spoke."""
    yield ""
    yield "| said | true | signature | times |"
    yield "|---|---|---|---|"
    wrong = Counter(
        (str(a.category), str(r.category), i)
        for r, a, i in zip(records, said.answers, said.ids, strict=True)
        if a.category is not None and a.category not in {r.category, *r.also_accept}
    )
    for (told, true, signature), times in wrong.most_common():
        yield f"| {told} | {true} | {signature} | {times} |"
    if not wrong:
        yield "| no wrong category | | | |"


def _cost(
    records: Sequence[Record], said: Triage, diagnoses: Sequence[Diagnosis], model: str | None
) -> Iterator[str]:
    """Tokens and dollars: estimated from the prompts, or as they were billed."""
    price = price_of(_SMALL, SystemClock().now().astimezone(UTC).date())
    unknown = [r for r, i in zip(records, said.ids, strict=True) if not i]
    tokens = []
    for record in unknown:
        prompt = prompt_for(record.evidence, (), token="0" * 16)
        tokens.append(likely_tokens(prompt, reply_schema(record.evidence)))
    yield ""
    if tokens and price:
        costs = [likely_usd(count, price) for count in tokens]
        yield (
            f"Estimated with {_SMALL}, prompt {prompt_version()}, schema included, uncached: "
            f"the median prompt of the {len(tokens)} failures no signature names takes "
            f"{statistics.median(tokens):,.0f} tokens in ({max(tokens):,} at most), "
            f"{USUAL_OUTPUT_TOKENS} out; ${statistics.mean(costs):.6f} a priced incident, "
            f"${sum(costs) / len(records):.6f} averaged over all {len(records)}."
        )
    if model:
        yield from _billed(records, diagnoses, model)


def _billed(records: Sequence[Record], diagnoses: Sequence[Diagnosis], model: str) -> Iterator[str]:
    paid = [d.usage for d in diagnoses if d.usage.calls]
    by_source = Counter(d.source if isinstance(d, Named) else None for d in diagnoses)
    dropped = sum(d.dropped_quotes for d in diagnoses if isinstance(d, Named))
    known = [usage.cost_usd for usage in paid if usage.cost_usd is not None]
    cost = f"${sum(known, Decimal(0)) / max(1, len(records)):.6f} averaged over all" if known else "n/a"
    yield (
        f"Billed by {model}: {sum(u.calls for u in paid)} requests over {len(paid)} failures, "
        f"{sum(u.input_tokens + u.cached_tokens for u in paid):,} tokens in, "
        f"{sum(u.output_tokens for u in paid):,} out, {cost}; {len(paid) - len(known)} of unknown cost; "
        f"{by_source[Source.MODEL]} answers, {by_source[None]} without one; {dropped} false quotes dropped."
    )


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True), default=OWN)
@click.option("--model", metavar="ID", help="Also ask a model about what no signature names.")
@click.option("--max-usd", type=Decimal, default=Decimal(1), show_default=True, help="What that may cost.")
def main(file: Path, model: str | None, max_usd: Decimal) -> None:
    """Print the report over FILE, by default the project's own recorded failures."""
    for line in lines(file, model, max_usd):
        click.echo(line)


if __name__ == "__main__":
    main()
