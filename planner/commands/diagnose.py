"""`diagnose`: a failure's text or `-json` stream in, one diagnosis out."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import click

from contracts.diagnostic import Diagnostic, Severity
from contracts.errors import SettingsError, StoreError
from contracts.incident import Evidence, Incident
from contracts.ports import Redactor
from contracts.record import RunRecord
from contracts.run import RunRequest
from contracts.settings import ModuleSettings
from contracts.text import decode
from diagnosis.evidence import evidence_of
from planner.commands.options import Explanation, document, echo, home_option, json_option
from planner.incidents import incident_of
from planner.ledger import Ledger
from planner.memory import IncidentMemory, StoredAnswers
from planner.naming import Explain, Means, diagnoser, model_of, openers
from planner.policy import may_ask_model
from planner.purse import LoosePurse, loose_run
from planner.render_incident import incident_text
from planner.signals import StopRequest
from planner.store import Store
from planner.wiring import day_cap, environment, home_of, redactor_of
from subagents.clock import SystemClock, Wake
from subagents.terraform.prose import diagnostics_of
from subagents.terraform.prose_success import success_of
from subagents.terraform.stream import Stream

_CAP_BYTES = 4 << 20
_DEADLINE = timedelta(minutes=5)
_PIPE = "give it all that the failed command printed: terraform apply 2>&1 | planner diagnose"
_NO_PROSE = (b'"@level"', b'"format_version"', b'"terraform_version"')
"""In a line of the stream, or of a dumped plan or state; any other object is what a service answered."""


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--model", metavar="ID", help="PROVIDER:ID, scripted:FILE or none.  [PLANNER_MODEL]")
@click.option("--explain-prompt", is_flag=True, help="Show what a model would be asked, and send nothing.")
@home_option
@json_option
def diagnose(
    file: BinaryIO,
    model: str | None,
    explain_prompt: bool,  # noqa: FBT001 - click passes flags by name
    home: Path | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Name the cause of a failure: `terraform apply 2>&1 | planner diagnose`.

    FILE is Terraform's output as text or as a -json stream; `-` is standard input.
    """
    env = environment()
    redactor = redactor_of(env)
    evidence = _evidence(_tail(file), redactor)
    request = RunRequest(module=Path("/"), model=model or model_of(env, ModuleSettings()))
    record = loose_run(f"diagnose-{secrets.token_hex(6)}", request, SystemClock().now())
    explain = Explanation(as_json=as_json) if explain_prompt else None
    with _store(home_of(home, env), needed=record.request.model != "none") as store:
        means = _means(record, env, store, explain, redactor)
        diagnosis = diagnoser(means).diagnose(evidence, lambda: may_ask_model(record, _DEADLINE), ())
    named = incident_of(diagnosis, evidence, attempt=0).model_dump(mode="json")
    incident = Incident.model_validate(redactor.redact_json(named))
    if as_json:
        document(incident.model_dump_json(indent=2))
    else:
        echo(incident_text(incident))
    if explain is not None:
        explain.close()


@contextmanager
def _store(home: Path, *, needed: bool) -> Iterator[Store]:
    """The store; where it cannot be opened and no money is to be counted, one that remembers nothing."""
    with ExitStack() as stack:
        try:
            store = Store(home / "planner.db")
        except StoreError:
            if needed:
                raise
            store = Store(Path(stack.enter_context(TemporaryDirectory())) / "planner.db")
        yield store


def _means(
    record: RunRecord, env: Mapping[str, str], store: Store, explain: Explain, redactor: Redactor
) -> Means:
    wake = Wake()
    clock = SystemClock(wake)
    stop = StopRequest(clock, wake, lambda _: None, store.switch)
    ledger = Ledger(store, clock, day_cap(env))
    return Means(
        openers=openers(record.request, env, clock, stop, explain),
        purse=LoosePurse(ledger, record),
        memory=IncidentMemory(store),
        answers=StoredAnswers(store, redactor),
        clock=clock,
        stop=stop,
        model=record.request.model,
        explain=explain,
    )


def _tail(file: BinaryIO) -> bytes:
    """The last few MiB of the input, in constant memory: what failed stands at the end."""
    kept = b""
    while chunk := file.read(1 << 20):
        kept = (kept + chunk)[-_CAP_BYTES:]
    return kept


def _evidence(raw: bytes, redactor: Redactor) -> Evidence:
    """Diagnostics from `-json` lines where there are any, from prose for the rest.

    Raises `SettingsError` where there is nothing, and where Terraform says that it succeeded.
    """
    stream = Stream()
    diagnostics: tuple[Diagnostic, ...] = ()
    prose: list[bytes] = []
    for line in raw.splitlines():
        streamed = line.lstrip().startswith(b'{"') and b'"diagnostics"' not in line
        if streamed and any(mark in line for mark in _NO_PROSE):
            stream.feed(line)
        else:
            prose.append(line)
    told = decode(b"\n".join(prose))
    said, text = diagnostics_of(told)
    diagnostics = (*stream.diagnostics, *said)
    errs = any(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)
    if not errs and (done := success_of(told)) is not None:
        raise SettingsError(f"nothing failed, as far as this text tells: {done}", remedy=_PIPE)
    if not (diagnostics or text.strip()):
        raise SettingsError("there is no failure in this text", remedy=_PIPE)
    return evidence_of(
        stage=None, diagnostics=diagnostics, failed_checks=(), text=text, engine="", redact=redactor.redact
    )
