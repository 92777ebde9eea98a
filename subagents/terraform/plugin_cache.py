"""One `init` at a time among modules that share a plugin cache.

Terraform does not lock the cache: of `init`s that fill it at once, some fail (ADR 0036). Decides which
folder that is, and who waits for it; Terraforms that others start do not ask for this lock.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from string import Template

from contracts.identity import ProcessId
from contracts.ports import Clock, Command, Exit, ProcessRunner, Stop

_LOOK_S = 0.2
_LONGEST_BYTES = 1 << 20
_SETTING = re.compile(r'^\s*plugin_cache_dir\s*=\s*"([^"\n]+)"', re.MULTILINE)
_CONFIGS = (".tofurc", ".terraformrc")


class TakingTurns:
    """A runner whose `init`s wait for their turn at the cache; implements `ProcessRunner`."""

    def __init__(self, runner: ProcessRunner, clock: Clock) -> None:
        self._runner = runner
        self._clock = clock

    def run(
        self,
        command: Command,
        *,
        on_start: Callable[[ProcessId], None],
        on_line: Callable[[bytes], None],
        stop: Stop,
    ) -> Exit:
        """See `ProcessRunner.run`; the time of waiting is part of the command's."""
        began = self._clock.monotonic()
        waited = 0.0
        with _opened(cache_of(command.env, command.cwd) if "init" in command.argv else None) as cache:
            while cache is not None and not _is_mine(cache):
                if stop.requested() or waited >= command.timeout.total_seconds():
                    break
                self._clock.sleep(_LOOK_S)
                waited = self._clock.monotonic() - began
            left = max(timedelta(0), command.timeout - timedelta(seconds=waited))  # 0: it will not be started
            command = command.model_copy(update={"timeout": left})
            exit_ = self._runner.run(command, on_start=on_start, on_line=on_line, stop=stop)
        return exit_.model_copy(update={"duration_s": round(exit_.duration_s + waited, 3)})


def cache_of(env: Mapping[str, str], module: Path) -> Path | None:
    """The plugin cache that Terraform will use in a module, by its environment or its CLI configuration."""
    if named := env.get("TF_PLUGIN_CACHE_DIR"):
        return module / named
    config, home = env.get("TF_CLI_CONFIG_FILE"), Path(env.get("HOME", "/"))
    more = sorted((home / ".terraform.d").glob("*.tfrc"))
    for path in [module / config] if config else [*(home / name for name in _CONFIGS), *more]:
        try:
            with path.open(encoding="utf-8", errors="replace") as file:
                found = _SETTING.search(file.read(_LONGEST_BYTES))
        except OSError:
            continue
        if found:
            return module / Template(found[1]).safe_substitute(env)
    return None


@contextmanager
def _opened(cache: Path | None) -> Iterator[int | None]:
    """A descriptor of the folder; None where there is none: then `init` says so itself."""
    try:
        descriptor = os.open(cache, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) if cache else None
    except OSError:
        descriptor = None
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _is_mine(cache: int) -> bool:
    """Whether the lock is held now; it goes with the descriptor. True where the file system has no locks."""
    try:
        fcntl.flock(cache, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
