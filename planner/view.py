"""What a person sees while a run goes on, on a stream that is no terminal: one line a step.

`planner.live` is the same for a terminal. Both only show; neither decides, and
a stream that went away never ends a run. Neither knows what is secret:
`MaskedView` stands before whichever is used, and hands on nothing unmasked.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, TextIO

from statemachine import State

from contracts.ports import OnProgress
from contracts.run import Outcome
from contracts.terraform import Progress
from contracts.text import one_line

_REASON_CHARS = 1_000


class View(Protocol):
    """Shows a run; also a listener of its machine."""

    @property
    def on_progress(self) -> OnProgress:
        """Takes the steps of resource instances."""
        ...

    def after_transition(self, source: State, target: State, outcome: Outcome) -> None:
        """Takes a transition."""
        ...

    def say(self, text: str) -> None:
        """Show one message."""
        ...

    def close(self) -> None:
        """Show nothing more."""
        ...


class PlainView:
    """Lines of text; refreshes and progress ticks are left out."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def on_progress(self, progress: Progress) -> None:
        """See `View.on_progress`."""
        if progress.phase in {"complete", "errored"} and progress.action not in {"refresh", "provision"}:
            took = f" ({progress.elapsed_s:.0f} s)" if progress.elapsed_s >= 1 else ""
            self.say(f"  {progress.address}: {progress.action} {progress.phase}{took}")

    def after_transition(self, source: State, target: State, outcome: Outcome) -> None:
        """See `View.after_transition`."""
        self.say(f"{source.value} → {target.value}: {outcome.reason}")
        if outcome.wait_s:
            self.say(f"  waiting {outcome.wait_s:.0f} s before the next attempt")

    def say(self, text: str) -> None:
        """See `View.say`."""
        with suppress(OSError, ValueError):
            self._stream.write(text + "\n")
            self._stream.flush()

    def close(self) -> None:
        """See `View.close`."""


class MaskedView:
    """Another view, told nothing secret, and nothing foreign as a line of its own: the one door to it."""

    def __init__(self, view: View, redact: Callable[[str], str]) -> None:
        """`redact` is asked each time: what is secret is known only when a module has been read."""
        self._view = view
        self._redact = redact

    def on_progress(self, progress: Progress) -> None:
        """See `View.on_progress`; the key of an instance may be what a variable holds."""
        address = one_line(self._redact(progress.address))
        self._view.on_progress(progress.model_copy(update={"address": address}))

    def after_transition(self, source: State, target: State, outcome: Outcome) -> None:
        """See `View.after_transition`."""
        reason = one_line(self._redact(outcome.reason), _REASON_CHARS)
        self._view.after_transition(source, target, outcome.model_copy(update={"reason": reason}))

    def say(self, text: str) -> None:
        """See `View.say`."""
        self._view.say(self._redact(text))

    def close(self) -> None:
        """See `View.close`."""
        self._view.close()
