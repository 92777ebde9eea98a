"""What happens in a simulated world: drawn from a seed, or told by a test. Counts what did (C-21)."""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Sequence
from typing import Protocol, TypeVar

_T = TypeVar("_T")


class Died(BaseException):
    """planner's process is gone at this very point; not an Exception, so that nothing may catch it."""


class Fate(Protocol):
    """Answers every question that the real world would answer by chance."""

    sometimes: Counter[str]

    def happens(self, what: str, often: float) -> bool:
        """Whether this happens now; `often` is its share of the chances."""
        ...

    def choice(self, what: str, options: Sequence[_T]) -> _T:
        """Which of these it is; the first is the harmless one."""
        ...


class Seeded:
    """Everything follows from one number."""

    def __init__(self, seed: int) -> None:
        self.sometimes: Counter[str] = Counter()
        self.storm = 0.0
        """How rough it is: 0 is a calm day."""
        self._rng = random.Random(seed)

    def happens(self, what: str, often: float) -> bool:
        if not self.storm or self._rng.random() >= often * self.storm:
            return False
        self.sometimes[what] += 1
        return True

    def choice(self, what: str, options: Sequence[_T]) -> _T:
        found = options[self._rng.randrange(len(options))]
        self.sometimes[f"{what}: {found}"] += 1
        return found


class Told:
    """A test says what comes next: `arm` lets a thing happen at its next chance, `say` answers a choice."""

    def __init__(self) -> None:
        self.sometimes: Counter[str] = Counter()
        self._armed: Counter[str] = Counter()
        self._said: dict[str, deque[object]] = {}

    def arm(self, what: str) -> None:
        self._armed[what] += 1

    def say(self, what: str, answer: object) -> None:
        self._said.setdefault(what, deque()).append(answer)

    def happens(self, what: str, often: float) -> bool:
        if not self._armed[what]:
            return False
        self._armed[what] -= 1
        self.sometimes[what] += 1
        return True

    def choice(self, what: str, options: Sequence[_T]) -> _T:
        said = self._said.get(what)
        found = said.popleft() if said else options[0]
        self.sometimes[f"{what}: {found}"] += 1
        return next(option for option in options if option == found)
