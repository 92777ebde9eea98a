"""What the doors to models share: a deadline, a bound on what is read, and what a failure means.

Decides how an exchange ends that takes too long, which `Fault` a provider's
words come to, and what may be repeated of them: never more than a name. Leaves
to the clients how their provider is spoken to, and to `diagnosis.conversation`
what follows a fault.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextvars import copy_context
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from threading import Event, Thread
from typing import cast

import httpx2

from contracts.budget import Ceiling, Usage
from contracts.model import Fault, ModelReply, Prompt
from contracts.permit import ModelPermit
from contracts.ports import Stop
from diagnosis.clients.capabilities import Capabilities
from diagnosis.pricing import Price, Tokens, ceiling_of, most_input_tokens

FREE = Usage(calls=1, cost_usd=Decimal(0))
"""A request that was turned away before a model saw it."""
UNKNOWN = Usage(calls=1, cost_usd=None)
"""A request of which nobody can tell what it cost: its reservation stays spent."""

NOT_SENT = Usage()
"""Nothing went out, so it says nothing of the provider either."""

MOST_BODY_BYTES = 1_000_000
_LOOK_S = 0.2
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
_FEW_SECONDS = re.compile(r"[0-9]{1,7}(?:\.[0-9]{1,3})?")
_LONGEST_WAIT_S = 86_400.0
_OVERLOADED = 529
_CLIENT_ERROR = 4
_BY_STATUS = {
    402: Fault.SPENT,
    408: Fault.DOWN,
    409: Fault.CONFLICT,
    413: Fault.TOO_LARGE,
    429: Fault.THROTTLED,
}
_SPENT_WORDS = frozenset({"billing_error", "enforced_spend_limit_reached", "insufficient_quota"})
_SPENT = re.compile(r"spend(?:ing)? limit|usage limits?\b|credit balance", re.IGNORECASE)
"""Words of a 400: a 429 names its payment page also to those who were only too quick."""


_TOO_LONG = re.compile(
    r"context[ _](?:length|limit|window|size)|(?:prompt|input) is too long|too many (?:input )?tokens",
    re.IGNORECASE,
)
"""Words of a 400, as a name or in a sentence, where another provider answers 413."""


class Door(ABC):
    """What every client of a provider is: one ask is one exchange, within its time.

    `price` None: unknown. `deadline_s` is the wall-clock time of one ask, the
    run's own time permitting; `stop` ends it early.
    """

    def __init__(
        self, model: str, *, price: Price | None, can: Capabilities, stop: Stop, deadline_s: float
    ) -> None:
        self.model = model
        """`PROVIDER:ID`."""
        self._price = price
        self._can = can
        self._stop = stop
        self._deadline_s = deadline_s

    def ceiling(self, prompt: Prompt) -> Ceiling:
        """See `ModelClient.ceiling`."""
        return ceiling_of(prompt, self._price)

    def ask(self, permit: ModelPermit, prompt: Prompt, schema: Mapping[str, object]) -> ModelReply:
        """See `ModelClient.ask`."""
        permit.spend()
        deadline_s = min(self._deadline_s, permit.time_left_s)
        return within(
            deadline_s,
            self._stop,
            lambda given_up: self._exchange(prompt, schema, deadline_s, given_up),
        )

    @abstractmethod
    def _exchange(
        self, prompt: Prompt, schema: Mapping[str, object], deadline_s: float, given_up: Event
    ) -> ModelReply:
        """One request and what came of it; ends soon after `given_up` is set."""


def within(deadline_s: float, stop: Stop, exchange: Callable[[Event], ModelReply]) -> ModelReply:
    """What `exchange` brings within its wall-clock time, name look-up and connecting included.

    Where the run is to end already, nothing is sent.

    A library's timeout is one of each read, so a body that trickles in never
    meets it: the exchange runs in a thread, and the caller waits no longer than
    the deadline, and no longer than the run may go on. The thread sees that it
    was given up by the event, or when its read times out.
    """
    if stop.requested() is not None:
        return failed("stopped", Fault.STOPPED, NOT_SENT)
    reply: Future[ModelReply] = Future()
    given_up = Event()

    def work() -> None:
        try:
            reply.set_result(exchange(given_up))
        except BaseException as bug:  # noqa: BLE001 - raised again by the caller's thread
            reply.set_exception(bug)

    # The context goes along, so that an SDK's trace span finds its parent.
    Thread(target=copy_context().run, args=(work,), name="model-call", daemon=True).start()
    left = deadline_s
    try:
        while stop.requested() is None:
            try:
                return reply.result(min(left, _LOOK_S))
            except TimeoutError:
                if reply.done():  # it came just now, or the error is the exchange's own and a bug
                    return reply.result()
                left -= _LOOK_S
                if left <= 0:
                    return failed("no answer in time", Fault.DOWN, UNKNOWN)
        return failed("stopped", Fault.STOPPED, UNKNOWN)
    finally:
        given_up.set()


class Capped(httpx2.SyncByteStream):
    """A body that ends early where it is too long, or where nobody waits for it any more."""

    def __init__(self, body: httpx2.SyncByteStream, given_up: Event, error: type[Exception]) -> None:
        self._body = body
        self._given_up = given_up
        self._error = error

    def __iter__(self) -> Iterator[bytes]:
        """The chunks; raises the error it was given."""
        return capped(self._body, self._given_up, self._error)

    def close(self) -> None:
        """Close the body."""
        self._body.close()


def capped(chunks: Iterable[bytes], given_up: Event, error: Callable[[str], Exception]) -> Iterator[bytes]:
    """The chunks of a body; raises `error` where they are too many or nobody waits for them."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > MOST_BODY_BYTES:
            raise error(f"the answer is longer than {MOST_BODY_BYTES} bytes")
        if given_up.is_set():
            raise error("nobody waits for the answer any more")
        yield chunk


def guard(given_up: Event, error: type[Exception]) -> Callable[[httpx2.Response], None]:
    """A hook that bounds what is read, of an error's body too; a compressed one has no bound."""

    def look(response: httpx2.Response) -> None:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise error("the answer is compressed, which was not asked for")
        response.stream = Capped(cast("httpx2.SyncByteStream", response.stream), given_up, error)

    return look


def refused(status: int, words: list[object], message: str, headers: Mapping[str, str]) -> ModelReply:
    """The reply that an HTTP status of 300 and more comes to; `words` are the provider's names for it."""
    named = [word(said, "") for said in words]
    fault = fault_of(status, " ".join([*named, message]))
    if _SPENT_WORDS.intersection(named) or (status == HTTPStatus.BAD_REQUEST and _SPENT.search(message)):
        fault = Fault.SPENT
    wait_s = retry_after_s(headers)
    said = " ".join(filter(None, (str(status), *named)))
    said += f", retry after {wait_s:g} s" if wait_s is not None else ""
    free = status // 100 == _CLIENT_ERROR or status == _OVERLOADED
    return failed(said, fault, FREE if free else UNKNOWN, wait_s)


def fault_of(status: int, said: str) -> Fault:
    """What an HTTP status and the provider's words mean; a redirect is no provider's answer."""
    if status == HTTPStatus.BAD_REQUEST and _TOO_LONG.search(said):
        return Fault.TOO_LARGE
    return _BY_STATUS.get(status, Fault.REJECTED if status // 100 == _CLIENT_ERROR else Fault.DOWN)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds to leave the provider alone, by `retry-after-ms` or `retry-after`; None where none make sense.

    A date counts from the response's own `date`: the provider's clock, not ours.
    """
    millis, said = headers.get("retry-after-ms", ""), headers.get("retry-after", "").strip()
    if _FEW_SECONDS.fullmatch(millis):
        return min(float(millis) / 1000, _LONGEST_WAIT_S)
    if _FEW_SECONDS.fullmatch(said):
        return min(float(said), _LONGEST_WAIT_S)
    try:
        gap = parsedate_to_datetime(said) - parsedate_to_datetime(headers.get("date", ""))
        return min(max(gap.total_seconds(), 0.0), _LONGEST_WAIT_S)
    except (TypeError, ValueError, OverflowError):
        return None


def billed(tokens: Tokens | None, prompt: Prompt, price: Price | None) -> Usage:
    """What a call took by the provider's report; an unknown cost where that cannot be true."""
    if tokens is None or not 0 < tokens.prompt <= most_input_tokens(prompt):
        return UNKNOWN
    if min(tokens.input, tokens.cached, tokens.cache_write, tokens.output) < 0:
        return UNKNOWN
    if tokens.output > prompt.max_output_tokens:
        return UNKNOWN
    return Usage(
        calls=1,
        input_tokens=tokens.input + tokens.cache_write,
        cached_tokens=tokens.cached,
        output_tokens=tokens.output,
        cost_usd=price.cost_usd(tokens) if price else None,
    )


def answered(text: str, usage: Usage) -> ModelReply:
    """A whole answer; one that says nothing is none."""
    if not text.strip():
        return ModelReply(text="", stop="it said nothing", usage=usage, fault=Fault.REFUSED)
    return ModelReply(text=text, stop="end", usage=usage)


def failed(what: str, fault: Fault, usage: Usage, wait_s: float | None = None) -> ModelReply:
    """A reply without an answer."""
    return ModelReply(text="", stop=f"error: {what}", usage=usage, fault=fault, retry_after_s=wait_s)


def word(value: object, default: str = "unnamed") -> str:
    """A name from the wire where it looks like one; anything else could hold a secret."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else default
