"""A state store with a lock on loopback, as Terraform's `http` backend takes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from evals import servers

_PATH = "/state"


class StateServer(servers.StateServer):
    """One state and one lock; who breaks the lock is remembered."""

    def __init__(self) -> None:
        super().__init__()
        self.broken: list[str] = []
        """The ids of the locks that somebody else than their holder took away."""

    @property
    def lock(self) -> dict[str, Any] | None:
        """What Terraform said of who holds it, such as `ID` and `Who`; None: it is free."""
        return self.locks.get(_PATH)

    @lock.setter
    def lock(self, info: dict[str, Any]) -> None:
        self.locks[_PATH] = info

    def free(self, path: str, lock_id: str | None) -> bool:
        """As a store does it; `force-unlock` does not say whose lock it is."""
        if not lock_id:
            self.broken.append(str((self.lock or {}).get("ID")))
        return super().free(path, lock_id)

    @property
    def backend(self) -> str:
        """The block for a module whose state lies here."""
        names = ("address", "lock_address", "unlock_address")
        urls = (f'    {name} = "{self.url}{_PATH}"\n' for name in names)
        more = "    retry_max = 0\n"
        return f'terraform {{\n  backend "http" {{\n{"".join(urls)}{more}  }}\n}}\n'


@contextmanager
def state_server() -> Iterator[StateServer]:
    server = StateServer()
    with servers.serving(server):
        yield server
