"""What to do about `errored.tfstate`, the state that an apply could not save.

Decides that it may go only where it was read and holds nothing; that one lies
there is found by `subagents.terraform.state_guard`.
"""

from __future__ import annotations

import errno
from pathlib import Path

from contracts.terraform import StateMark
from subagents.foreign_json import parsed

_PUSH = "`terraform state push errored.tfstate`"


def advice_on(path: Path, mark: StateMark | None) -> str:
    """For people; `mark` is what the file holds, where planner understands it."""
    if mark is not None:
        return (
            f"{path.name} holds what an earlier apply made and could not save. "
            f"Push it with {_PUSH}, look at the plan, then remove the file."
        )
    try:
        raw = _read(path)
    except OSError as error:
        return (
            f"{path.name} cannot be read ({error.strerror}), and is what an earlier apply could not save. "
            "Make it readable and run again. Keep it: it may be the only state there is."
        )
    if _is_json(raw):
        return (
            f"{path.name} holds no state that planner understands: see what it is, and keep it until then. "
            f"What an earlier apply made and could not save goes back with {_PUSH}."
        )
    return (
        f"{path.name} is {'cut off' if raw else 'empty'}: an earlier apply could not save what it made, "
        "not even there. `planner show` of that run tells where the state was kept; push that one, then "
        "remove the file."
    )


def _read(path: Path) -> bytes:
    """What the file holds. Raises `OSError`."""
    if not path.is_file():  # a pipe would never end
        raise OSError(errno.EINVAL, "it is no file")
    return path.read_bytes()


def _is_json(raw: bytes) -> bool:
    try:
        parsed(raw)
    except RecursionError:
        return True
    except ValueError:
        return False
    return True
