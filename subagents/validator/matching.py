"""Searches a text for a regular expression of `planner.yaml`, for a bounded time.

Python's `re` cannot be told to give up, and `^(a+)+$` against sixty letters takes
longer than anybody waits. Decides which expressions may take long: they are
searched for in a process of their own, which is killed when its time is over.
What a match means is decided in `checks`.
"""

from __future__ import annotations

import marshal
import math
import re
import subprocess
import sys
from math import comb

_RISKY = re.compile(r"\)\s*[*+?{]|\(\?(?!:)")
"""What is repeated as a whole may repeat itself; flags and conditions change what the rest means."""
_CHOICE = re.compile(r"[*+?{|]")
_MOST_STEPS = 1_000_000  # some 10 ms: less than another process takes to begin
_MOST_CHARS = 1_000  # of an expression that is looked at here
_FOUND, _MISSING, _WRONG = b"+", b"-", b"!"
_CHILD = f"""
import marshal, re, resource, sys
pattern, text, seconds = marshal.load(sys.stdin.buffer)
resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
try:
    said = {_FOUND!r} if re.search(pattern, text) else {_MISSING!r}
except (re.error, OverflowError, RecursionError) as error:
    said = {_WRONG!r} + str(error).encode(errors='replace')
sys.stdout.buffer.write(said)
"""


class PatternError(Exception):
    """Why nobody can tell whether it matches."""


def is_found(pattern: str, text: str, limit_s: float) -> bool:
    """Whether `pattern` is found in `text`. Raises `PatternError`."""
    if _is_quick(pattern, text):
        try:
            return re.search(pattern, text) is not None
        except (re.error, OverflowError, RecursionError) as error:  # a huge count, a deep nest
            raise PatternError(_no_expression(error)) from error
    said = _searched(pattern, text, limit_s)
    if said.startswith(_WRONG):
        raise PatternError(_no_expression(said[1:].decode()))
    return said == _FOUND


def _is_quick(pattern: str, text: str) -> bool:
    """Whether all ways to lay the expression over the text are soon tried."""
    if len(pattern) > _MOST_CHARS or _RISKY.search(pattern):
        return False
    choices = len(_CHOICE.findall(pattern))
    return 2**choices <= _MOST_STEPS and comb(len(text) + choices + 1, choices + 1) <= _MOST_STEPS


def _searched(pattern: str, text: str, limit_s: float) -> bytes:
    """What a process of its own said; it ends with its time even if nobody is there to kill it."""
    if limit_s <= 0:
        raise PatternError("the run has no time left to search")
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _CHILD],
            input=marshal.dumps((pattern, text, math.ceil(limit_s) + 1)),
            capture_output=True,
            check=False,
            env={},
            start_new_session=True,  # Ctrl-C is planner's to answer
            timeout=limit_s,
        )
    except subprocess.TimeoutExpired:
        raise PatternError(
            f"the expression takes too long, more than {limit_s:.1f} s: repeat nothing that repeats itself, "
            "^a+$ in the place of ^(a+)+$"
        ) from None
    except OSError as error:
        raise PatternError(f"the expression cannot be searched for: {error.strerror}") from error
    if not done.stdout:
        raise PatternError("the expression cannot be searched for: it takes more than this machine gives it")
    return done.stdout


def _no_expression(why: object) -> str:
    return f"the pattern is no regular expression: {why}"
