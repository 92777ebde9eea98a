"""How a door is taken over: a name replaced, or a function with a point before and after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.crash.deaths import Fate


class Instead:
    """A module with some of its names replaced, for one importer of it alone."""

    def __init__(self, module: Any, **names: Any) -> None:
        self.__dict__.update(names, _module=module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def put(owner: object, name: str, value: object) -> None:
    """Replace what a module or class has under a name."""
    setattr(owner, name, value)


def around(
    fate: Fate,
    owner: Any,
    name: str,
    points: tuple[str, str],
    tell: Callable[[Any], None] = lambda _: None,
) -> None:
    """Put a point before and one after a function; an empty one is none. `tell` is given what it returns."""
    real = getattr(owner, name)
    before, after = points

    def call(*args: Any, **options: Any) -> Any:
        if before:
            fate.passes(before)
        answer = real(*args, **options)
        tell(answer)
        if after:
            fate.passes(after)
        return answer

    put(owner, name, call)
