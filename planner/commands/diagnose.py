"""`diagnose`: a failure's text or `-json` stream in, one diagnosis out."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import BinaryIO

import click

from contracts.diagnostic import Diagnostic
from contracts.errors import SettingsError
from contracts.incident import Evidence
from contracts.run import EngineId, RunRecord, RunRequest, RunState
from contracts.text import decode
from diagnosis.evidence import evidence_of
from diagnosis.redact import SecretRedactor
from planner.commands.options import echo, home_option, json_option
from planner.diagnosing import incident_of
from planner.naming import default_model, diagnoser, model_opener
from planner.policy import may_ask_model
from planner.purse import StorePurse
from planner.render import incident_text
from planner.store import Store
from planner.wiring import environment, home_of, secret_values
from subagents.clock import SystemClock
from subagents.terraform.prose import diagnostics_of
from subagents.terraform.stream import Stream

_CAP_BYTES = 4 << 20


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--model", metavar="ID", help="PROVIDER:ID, scripted:FILE or none.  [PLANNER_MODEL]")
@home_option
@json_option
def diagnose(file: BinaryIO, model: str | None, home: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Name the cause of a failure: `terraform apply 2>&1 | planner diagnose`.

    FILE is Terraform's output as text or as a -json stream; `-` is standard input.
    """
    env = environment()
    redactor = SecretRedactor(key=secrets.token_bytes(16), values=secret_values(env))
    evidence = _evidence(_tail(file), redactor)
    if not (evidence.diagnostics or evidence.text.strip()):
        raise SettingsError(
            "there is no text to diagnose", remedy="pipe it in: terraform apply 2>&1 | planner diagnose"
        )
    clock = SystemClock()
    now = clock.now()
    record = RunRecord(
        run_id=f"diagnose-{secrets.token_hex(6)}",
        request=RunRequest(module=Path("/"), model=model or default_model(env)),
        engine=EngineId(name="", version=""),
        started_at=now,
        last_at=now,
        state=RunState.DIAGNOSING,
    )
    opener = model_opener(record.request.model, env, clock)
    purse = StorePurse(lambda: Store(home_of(home, env) / "planner.db"), record.request.limits.max_usd)
    diagnosis = diagnoser(opener, purse).diagnose(evidence, may_ask_model(record), ())
    incident = incident_of(diagnosis, evidence, attempt=0)
    echo(incident.model_dump_json(indent=2) if as_json else incident_text(incident))


def _tail(file: BinaryIO) -> bytes:
    """The last few MiB of the input, in constant memory: what failed stands at the end."""
    kept = b""
    while chunk := file.read(1 << 20):
        kept = (kept + chunk)[-_CAP_BYTES:]
    return kept


def _evidence(raw: bytes, redactor: SecretRedactor) -> Evidence:
    """Diagnostics from `-json` lines where there are any, from prose for the rest."""
    stream = Stream()
    diagnostics: tuple[Diagnostic, ...] = ()
    prose: list[bytes] = []
    for line in raw.splitlines():
        if line.lstrip().startswith(b'{"'):
            stream.feed(line)
        else:
            prose.append(line)
    said, text = diagnostics_of(decode(b"\n".join(prose)))
    diagnostics = (*stream.diagnostics, *said)
    return evidence_of(
        stage=None, diagnostics=diagnostics, failed_checks=(), text=text, engine="", redact=redactor.redact
    )
