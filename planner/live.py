"""The view on a terminal: state, what Terraform works on, cost and time, redrawn in place."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text
from statemachine import State

from contracts.run import Outcome
from contracts.terraform import Progress

_SHOWN = 8
_COLOURS = {"SUCCESS": "green", "FAILED": "red", "DIAGNOSING": "yellow"}


class LiveView:
    """Implements `View` with rich on standard error."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._state = "INIT"
        self._busy: dict[str, tuple[Progress, float]] = {}
        self._began = self._console.get_time()
        self._done = 0
        self._cost = 0.0
        self._spinner = Spinner("dots")
        self._live = Live(
            console=self._console, get_renderable=self._draw, refresh_per_second=8, transient=True
        )
        self._live.start()

    def on_progress(self, progress: Progress) -> None:
        """See `View.on_progress`."""
        if progress.phase in {"complete", "errored"}:
            self._busy.pop(progress.address, None)
            if progress.action not in {"refresh", "provision"}:
                self._done += 1
                self._line(progress)
        else:
            _, since = self._busy.get(progress.address, (progress, self._console.get_time()))
            self._busy[progress.address] = (progress, since)

    def after_transition(self, source: State, target: State, outcome: Outcome) -> None:
        """See `View.after_transition`."""
        self._state = str(target.value)
        self._busy.clear()
        if outcome.incident is not None:
            self._cost += float(outcome.incident.usage.cost_usd or 0)
        colour = _COLOURS.get(self._state, "cyan")
        self.say_text(
            Text.assemble(f"{source.value} → ", (self._state, f"bold {colour}"), f"  {outcome.reason}")
        )
        if outcome.wait_s:
            self.say(f"  waiting {outcome.wait_s:.0f} s before the next attempt")

    def say(self, text: str) -> None:
        """See `View.say`."""
        self.say_text(Text(text))

    def say_text(self, text: Text) -> None:
        """Print a line above what is redrawn."""
        try:
            self._console.print(text)
        except OSError:  # the terminal is gone: go on without it
            self._console.quiet = True

    def close(self) -> None:
        """See `View.close`."""
        try:
            self._live.stop()
        except OSError:
            self._console.quiet = True

    def _line(self, progress: Progress) -> None:
        mark, colour = ("✓", "green") if progress.phase == "complete" else ("✗", "red")
        self.say_text(
            Text.assemble(
                ("  " + mark + " ", colour),
                f"{progress.address}: {progress.action} ({progress.elapsed_s:.0f} s)",
            )
        )

    def _draw(self) -> RenderableType:
        now = self._console.get_time()
        counts = (
            f"{self._done} done" if self._done else "",
            f"{len(self._busy)} busy" if self._busy else "",
            f"{now - self._began:.0f} s",
            f"${self._cost:.4f}" if self._cost else "",
        )
        told = ", ".join(filter(None, counts))
        self._spinner.update(text=Text.assemble((self._state, "bold cyan"), f"  {told}"))
        status, table = Table.grid(), Table.grid(padding=(0, 2))
        status.add_column(no_wrap=True, overflow="ellipsis")  # what wraps is not always wiped away as a whole
        for is_address in (False, True, False):
            table.add_column(no_wrap=not is_address)  # addresses give way
        status.add_row(self._spinner)
        for address, (progress, since) in list(self._busy.items())[:_SHOWN]:
            table.add_row(
                "   ",
                Text(address, no_wrap=True, overflow="ellipsis"),
                Text(f"{progress.action} {now - since:.0f} s"),
            )
        if len(self._busy) > _SHOWN:
            table.add_row("   ", Text(f"… and {len(self._busy) - _SHOWN} more"), Text(""))
        return Group(status, table)
