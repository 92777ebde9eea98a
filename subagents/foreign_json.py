"""Reads JSON that others wrote: states, plans and streams of Terraform, and texts that hold JSON.

Decides what becomes of a number that Python does not read: Terraform's numbers
have no end, while `json.loads` refuses one of more than 4,300 digits, and calls
one with a fraction that is too large infinite. What the text means, and what is
said where it is no JSON, is left to the callers.
"""

from __future__ import annotations

import json
import math
from typing import Any


def parsed(raw: bytes | str) -> Any:
    """As `json.loads`, but a number that Python cannot hold is kept as its text.

    Raises `ValueError` where it is no JSON, `RecursionError` where it is nested too deep.
    """
    return json.loads(raw, parse_int=_whole, parse_float=_broken)


def _whole(digits: str) -> int | str:
    try:
        return int(digits)
    except ValueError:  # too many of them
        return digits


def _broken(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits
