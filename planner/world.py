"""What is around one run's module: what it is made of, and whether its state is to be believed.

Tells facts; what follows from them is `planner.approvals`'s. All of it is asked
for only where somebody may have to be asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from contracts.errors import StoppedError
from contracts.ports import Stop
from contracts.run import RunRequest
from contracts.terraform import Engine, StateMark
from planner.known_state import Known, KnownState, NothingKnown
from planner.lock import StateLock
from planner.rundir import RunDir
from planner.store import Store
from planner.surroundings import refuse_elsewhere
from subagents.terraform.readiness import code_of, fingerprint_of
from subagents.terraform.state_guard import doubt_about, state_key


class World(Protocol):
    """What `ModuleWorld` does."""

    @property
    def known(self) -> Known:
        """What planner keeps of the module's state."""
        ...

    def digest(self) -> str:
        """Of what the module is made of, and where its plan would act (G1); asked once init has worked.

        Raises `ModuleError` where it is made of too much to be looked at.
        """
        ...

    def doubt(self, known: StateMark | None) -> str | None:
        """What is strange about the local state, given what was last seen of it; None: nothing."""
        ...

    def code(self) -> Mapping[str, str]:
        """What the module's code is made of, file by file; empty where that cannot be seen."""
        ...

    def ephemeral(self) -> frozenset[str]:
        """The module's variables whose values no saved plan keeps."""
        ...

    def stays(self) -> None:
        """Raise `ModuleError` where another workspace is selected by now.

        Asked before each call but init's: Terraform applies even a saved plan to the one that is selected.
        """
        ...

    def hold(self) -> None:
        """Keep others from the state, now that init told where it is. Raises `BusyError`, `ModuleError`."""
        ...

    def is_ready(self) -> bool:
        """Whether init would find all as it left it the last time it worked."""
        ...

    def made_ready(self) -> None:
        """Init has worked: keep what it left."""
        ...

    def doubt_readiness(self) -> None:
        """What was made ready does not work: init must look again."""
        ...


class PlainWorld:
    """A world in which nothing is strange, and nothing is ready."""

    known: Known = NothingKnown()

    def digest(self) -> str:
        """See `World.digest`."""
        return ""

    def doubt(self, known: StateMark | None) -> str | None:  # noqa: ARG002 - the protocol's
        """See `World.doubt`."""
        return None

    def code(self) -> Mapping[str, str]:
        """See `World.code`."""
        return {}

    def ephemeral(self) -> frozenset[str]:
        """See `World.ephemeral`."""
        return frozenset()

    def stays(self) -> None:
        """See `World.stays`."""

    def hold(self) -> None:
        """See `World.hold`."""

    def is_ready(self) -> bool:
        """See `World.is_ready`."""
        return False

    def made_ready(self) -> None:
        """See `World.made_ready`."""

    def doubt_readiness(self) -> None:
        """See `World.doubt_readiness`."""


class ModuleWorld:
    """The world of one run over one store."""

    def __init__(
        self,
        *,
        request: RunRequest,
        engine: Engine,
        rundir: RunDir,
        store: Store,
        environment: Mapping[str, str],
        lock: StateLock,
        stop: Stop,
    ) -> None:
        """`environment` is the one that Terraform gets."""
        self._stop = stop
        self.known = KnownState(store, request)
        self._engine = engine
        self._rundir = rundir
        self._lock = lock
        self._request = request
        self._store = store
        self._environment = environment

    def digest(self) -> str:
        """See `World.digest`."""
        from planner.baseline import world_of  # noqa: PLC0415 - only where somebody is asked
        from planner.binding import digest_of, tree_digest  # noqa: PLC0415 - only where somebody is asked
        from planner.module_files import contents  # noqa: PLC0415 - only where somebody is asked

        given = contents((str(path), path) for path in self._request.var_files if path.is_file())
        world = world_of(self._request.module, self._environment, but=self._rundir.home, halt=self._halt)
        return digest_of(world, tree_digest(given))

    def _halt(self) -> None:
        if self._stop.requested():
            raise StoppedError("the run was stopped while its module was looked at", remedy="run it again")

    def doubt(self, known: StateMark | None) -> str | None:
        """See `World.doubt`. What another run has made of the state since is no reason to doubt it."""
        since = self.known.mark()
        if known is not None and since is not None and since.lineage == known.lineage:
            known = max(known, since, key=lambda mark: mark.serial)
        return doubt_about(known, self._request.module, self._request.workspace)

    def code(self) -> Mapping[str, str]:
        """See `World.code`."""
        return code_of(self._request.module, self._request.var_files)

    def ephemeral(self) -> frozenset[str]:
        """See `World.ephemeral`."""
        from planner.declared import Declared  # noqa: PLC0415 - only where values were given

        return Declared(self._request.module).ephemeral()

    def stays(self) -> None:
        """See `World.stays`."""
        refuse_elsewhere(self._request, self._environment)

    def hold(self) -> None:
        """See `World.hold`."""
        self.stays()
        self._lock.hold(state_key(self._request.module, self._request.workspace))

    def is_ready(self) -> bool:
        """See `World.is_ready`."""
        kept = self._store.remembered(self._ready)
        return bool(kept) and kept == self._fingerprint()

    def made_ready(self) -> None:
        """See `World.made_ready`."""
        self._store.remember(self._ready, self._fingerprint() or "")

    def doubt_readiness(self) -> None:
        """See `World.doubt_readiness`."""
        if self._store.remembered(self._ready):
            self._store.remember(self._ready, "")

    @property
    def _ready(self) -> str:
        return f"ready:{self._request.module}"

    def _fingerprint(self) -> str | None:
        request, variables = self._request, self._rundir.variables()
        return fingerprint_of(request.module, self._engine, self._environment, variables, request.var_files)
