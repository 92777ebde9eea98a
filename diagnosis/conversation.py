"""One question to one model: every request it takes, and what follows each reply.

Decides whether the same model is asked again, asked for less, or given up.
Every request takes a permit and a reservation first and waits for its turn.
Leaves to others: whether a permit is given (`planner.policy`), what may be spent
and how soon (`Purse`), what an answer is worth (`diagnosis.parse`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from contracts.budget import LimitReached, Usage
from contracts.hypothesis import Hypothesis
from contracts.incident import Evidence
from contracts.model import Fault, ModelClient, ModelReply, Prompt
from contracts.ports import Clock, Permits, Purse, Stop
from diagnosis.parse import Answer, parse
from diagnosis.prompt import SMALL_CHARACTERS, corrected, prompt_for
from diagnosis.reply import reply_schema

_MOST_REQUESTS = 4
"""Of one diagnosis, whatever the permits allow: a provider in trouble must not eat the whole run's."""
_AGAIN = {Fault.THROTTLED: 2, Fault.DOWN: 2, Fault.CONFLICT: 1, Fault.TOO_LARGE: 1, Fault.CUT_OFF: 1}
"""How often one model is asked again after a fault; the others are final for it."""
_SMALLER = frozenset({Fault.TOO_LARGE, Fault.CUT_OFF})
_MOST_MALFORMED = 1
_BACKOFF_S = 1.0
_SLICE_S = 0.2
_WHY = {
    "max_tokens": "its answer was cut off",
    "refusal": "it refused to answer",
    "pause_turn": "it paused instead of answering",
    "model_context_window_exceeded": "the failure did not fit into its context",
}


@dataclass(frozen=True)
class Failed:
    """The model gave no answer; `final`: no other one may be asked either."""

    why: str
    final: bool = False


@dataclass
class Question:
    """One diagnosis under way, over all models it is put to."""

    evidence: Evidence
    tried: Sequence[Hypothesis]
    permits: Permits
    usage: Usage = field(default_factory=Usage)
    requests: int = 0


class Conversation:
    """How one model is asked."""

    def __init__(self, *, purse: Purse, clock: Clock, stop: Stop, token: Callable[[], str]) -> None:
        self._purse = purse
        self._clock = clock
        self._stop = stop
        self._token = token

    def ask(self, client: ModelClient, question: Question) -> tuple[Answer, str] | Failed:
        """The answer with its text word for word, or why there is none."""
        prompt = self._prompt(question)
        faults: Counter[Fault] = Counter()
        malformed, unusable = 0, ""
        while True:
            reply = self._request(client, prompt, question, self._backoff(faults.total()))
            if isinstance(reply, Failed):
                return reply
            if reply.fault is not None:
                faults[reply.fault] += 1
                if faults[reply.fault] > _AGAIN.get(reply.fault, 0):
                    return Failed(_no_answer(client, reply) + unusable, final=reply.fault is Fault.STOPPED)
                prompt = self._prompt(question, SMALL_CHARACTERS) if reply.fault in _SMALLER else prompt
                continue
            answer = parse(reply.text, question.evidence)
            if isinstance(answer, Answer):
                return answer, reply.text
            malformed += 1
            if malformed > _MOST_MALFORMED:
                return Failed(f"the answer of {client.model} cannot be used: {answer.reason}")
            unusable = f"; its answer before cannot be used: {answer.reason}"
            prompt = corrected(prompt, answer.reason)

    def _request(
        self, client: ModelClient, prompt: Prompt, question: Question, backoff_s: float
    ) -> ModelReply | Failed:
        """One request on the wire, paid for and waited for, or why there is none."""
        permit = question.permits()
        if permit is None or question.requests >= _MOST_REQUESTS:
            return Failed("the retry cap leaves no model call", final=True)
        held = self._purse.reserve(client.model, client.ceiling(prompt), permit.time_left_s)
        if isinstance(held, LimitReached):
            return Failed(f"{client.model} was not asked: {held.reason}", final=held.limit != "breaker")
        pause_s = max(held.wait_s, backoff_s)
        if pause_s >= permit.time_left_s or not self._waited(pause_s) or not self._may_start():
            nothing = ModelReply(text="", stop="not sent", usage=Usage(), fault=Fault.STOPPED)
            self._purse.settle(held, nothing)
            return Failed(f"{client.model} was not asked: the run is ending", final=True)
        question.requests += 1
        reply = client.ask(permit, prompt, reply_schema(question.evidence))
        self._purse.settle(held, reply)  # before anybody looks at the answer: it is paid for
        question.usage += reply.usage
        return reply

    def _may_start(self) -> bool:
        """The last look before a request: who stopped the run before it has stopped it."""
        with self._stop.starting() as why:
            return why is None

    def _prompt(self, question: Question, most: int | None = None) -> Prompt:
        token = self._token()
        if most is None:
            return prompt_for(question.evidence, question.tried, token=token)
        return prompt_for(question.evidence, question.tried, token=token, most=most)

    def _backoff(self, faults: int) -> float:
        """Seconds to wait after so many faults, spread so that processes do not come back together."""
        if not faults:
            return 0.0
        spread = 0.5 + int(self._token(), 16) % 1000 / 1000
        return _BACKOFF_S * 2.0 ** (faults - 1) * spread

    def _waited(self, seconds: float) -> bool:
        """Whether the time passed before anybody wanted the run to end."""
        until = self._clock.monotonic() + seconds
        while self._stop.requested() is None:
            left = until - self._clock.monotonic()
            if left <= 0:
                return True
            self._clock.sleep(min(left, _SLICE_S))
        return False


def _no_answer(client: ModelClient, reply: ModelReply) -> str:
    return f"{client.model} gave no answer: {_WHY.get(reply.stop, reply.stop)}"
