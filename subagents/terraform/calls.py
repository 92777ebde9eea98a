"""One call of the engine: its process, what it printed as it went, and what ended it.

Decides what is made of an end that the engine says nothing of. What a request is for, and what its
result holds, is `agent`'s and `fixing`'s.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from contracts.diagnostic import Diagnostic, Severity
from contracts.errors import EngineError
from contracts.fixing import FixRequest
from contracts.ports import Command, Exit, Grace, OnProgress, OnStart, ProcessRunner, Stop
from contracts.terraform import Ended, Engine, TerraformRequest
from contracts.text import cap_unmasked, decode
from subagents.terraform.argv import argv_of
from subagents.terraform.ends import FLOODED
from subagents.terraform.prose import diagnostics_of
from subagents.terraform.scratch import PUT_RIGHT
from subagents.terraform.stream import Stream

_TEXT_CAP = 8192
_SAID_CAP_BYTES = 8 << 20
_OF_SIGNALS = 128  # a shell in between ends with that and the number of the signal that ended its child


class Ran(NamedTuple):
    """One finished process and what it told."""

    exit: Exit
    stream: Stream
    diagnostics: tuple[Diagnostic, ...]
    text: str
    killed: str
    """See `TerraformResult.killed`."""


class EngineCalls:
    """Calls one engine over one module, and follows what it prints."""

    def __init__(
        self,
        *,
        engine: Engine,
        runner: ProcessRunner,
        environment: Mapping[str, str],
        out_dir: Path,
        on_progress: OnProgress,
    ) -> None:
        self._engine = engine
        self._runner = runner
        self._environment = dict(environment)
        self._out_dir = out_dir
        self._on_progress = on_progress
        self._workspace = self._environment.get("TF_WORKSPACE")

    def _run(
        self, request: TerraformRequest, scratch: Path, grace: Grace, stop: Stop, on_start: OnStart
    ) -> Ran:
        argv = argv_of(request, self._engine)
        return self._ran(self._command(argv, request, scratch, grace), stop, on_start)

    def _command(
        self, argv: tuple[str, ...], request: TerraformRequest | FixRequest, scratch: Path, grace: Grace
    ) -> Command:
        return Command(
            argv=argv,
            cwd=request.module,
            env=self._environment,
            stdout=scratch / "stdout",
            stderr=scratch / "stderr",
            timeout=request.timeout,
            grace=grace,
        )

    def _ran(self, command: Command, stop: Stop, on_start: OnStart) -> Ran:
        stream = Stream()

        def on_line(line: bytes) -> None:
            progress = stream.feed(line)
            if progress is not None:
                self._on_progress(progress)

        try:
            exit_ = self._runner.run(command, on_start=on_start, on_line=on_line, stop=stop)
            with command.stderr.open("rb") as file:
                said = decode(file.read(_SAID_CAP_BYTES))
        except OSError as error:
            raise EngineError(f"{self._engine.name} cannot be run: {error}", remedy=PUT_RIGHT) from error
        text = cap_unmasked(
            "\n".join(part for part in (stream.text.strip(), said.strip()) if part), _TEXT_CAP
        )
        diagnostics = tuple(stream.diagnostics)
        if exit_.ended is Ended.COMPLETED and has_error(diagnostics):  # a wrapper swallowed its exit code
            exit_ = exit_.model_copy(update={"ended": Ended.ERRORED})
        if exit_.ended is not Ended.COMPLETED and not has_error(diagnostics):
            prose, text = diagnostics_of(text)
            diagnostics += prose
        if exit_.flooded and exit_.ended is not Ended.COMPLETED:
            diagnostics = (FLOODED, *diagnostics)
        by = "" if stop.requested() else _signal_of(exit_, command)
        killed = (
            f"{self._engine.name} {command.argv[len(self._engine.argv)]} was killed by {by}" if by else ""
        )
        return Ran(exit_, stream, diagnostics, text, killed)


def has_error(diagnostics: tuple[Diagnostic, ...]) -> bool:
    """Whether one of them is an error."""
    return any(d.severity is Severity.ERROR for d in diagnostics)


def _signal_of(exit_: Exit, command: Command) -> str:
    """The signal that somebody else ended a process with; empty where none did.

    One that was told to stop, for it took or printed too much, may have been killed by its runner.
    """
    number = exit_.signal or (exit_.code or 0) - _OF_SIGNALS
    ours = exit_.flooded or exit_.duration_s >= command.timeout.total_seconds()
    if number not in {*signal.Signals} or ours:
        return ""
    return f"signal {number} ({signal.Signals(number).name})"
