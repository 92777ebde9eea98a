"""S-10: Hypothesis drives the real engine step by step, and does to it whatever it likes in between."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from contracts.errors import PlannerError
from contracts.record import RunRecord
from contracts.run import TERMINAL, Outcome
from contracts.settings import Answer, Autonomy
from planner.loop import drive
from planner.steps import Steps
from tests.assurance.fate import Died, Told
from tests.assurance.invariants import broken
from tests.assurance.sim_mender import staged
from tests.assurance.sim_naming import SAYS
from tests.assurance.sim_run import RUN, Simulation
from tests.assurance.sim_terraform import FATES

FAILS = (
    *("init fails", "plan fails", "prove fails", "apply fails", "apply is killed", "Terraform is killed"),
    *("a check fails", "a fix settles a part", "drift", "disk full", "change fails"),
)
DEATHS = (
    *("before a write", "after a write", "in the middle of a write", "before a process starts"),
    *(
        "while Terraform runs",
        "before an object is made",
        "after an object is made",
        "after the state is saved",
    ),
    *("after Terraform has told of an object", "while a model is asked", "before a file is replaced"),
    *("after a file is replaced", "after an import", "while it is validated"),
)


RUNS = int(os.environ.get("PLANNER_ENGINE_RUNS", "400"))
"""As many as a test run has time for; `make assurance` makes all that S-10 asks for."""


class Paused(BaseException):
    """One step is done."""


class OneStep:
    """The steps of a run, as the loop sees them for one round."""

    def __init__(self, steps: Steps) -> None:
        self.of = steps.of
        self._steps = steps
        self._rounds = 0

    def must_stop(self) -> Outcome | None:
        self._rounds += 1
        if self._rounds > 1:
            raise Paused
        return self._steps.must_stop()


class Engine(RuleBasedStateMachine):
    """One run, its world and its people."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="planner-machine-"))
        self.fate = Told()
        self.stack = ExitStack()
        self.last: RunRecord | None = None
        self.parked = False

    @initialize(
        misspelt=st.booleans(),
        old=st.booleans(),
        unique=st.booleans(),
        each=st.booleans(),
        known=st.booleans(),
        autonomy=st.sampled_from(Autonomy),
        retries=st.sampled_from((0, 1, 2, 3, 5)),
        yes=st.booleans(),
        dollars=st.sampled_from((Decimal("0.05"), Decimal("0.015"), Decimal(0))),
        destroy=st.sampled_from(Answer),
    )
    def begun(self, **chosen: object) -> None:
        names = {
            "misspelt": "the module is misspelt",
            "old": "something is to go",
            "unique": "names are unique",
            "each": "each object is saved",
            "known": "failures are known",
            "yes": "yes was said",
        }
        for name, answer in chosen.items():
            self.fate.say(names.get(name, name), answer)
        self.sim = Simulation(self.fate, self.home)
        self.stack.enter_context(staged(self.sim.world, self.sim.seen))

    def over(self) -> bool:
        return self.last is not None and self.last.state in TERMINAL

    @rule(rounds=st.integers(1, 4))
    def step(self, rounds: int = 1) -> None:
        """What planner does between two looks at whether it must stop, so many times."""
        for _ in range(rounds):
            self._step()

    def _step(self) -> None:
        sim = self.sim
        if self.over() or sim.off:
            return
        try:
            if sim.journal is None:
                sim.open()
            assert sim.journal is not None
            self.last = drive(sim.journal, OneStep(sim.steps), [])  # type: ignore[arg-type]
        except Paused:
            return
        except (Died, PlannerError):
            pass
        else:
            self.parked = self.last.parked
        sim.left()

    @rule(what=st.sampled_from(FAILS))
    def fail(self, what: str) -> None:
        self.fate.arm(what)
        self.step()

    @rule(where=st.sampled_from(DEATHS), child=st.sampled_from(FATES))
    def crash(self, where: str, child: str) -> None:
        self.fate.arm(f"death {where}")
        self.fate.say("Terraform, its parent dead,", child)
        self.step()

    @rule(says=st.sampled_from(sorted({*SAYS})))
    def the_model_says(self, says: str) -> None:
        """Also garbled answers, and the same hypothesis once more."""
        self.fate.say("the model", says)
        self.step()

    @rule(what=st.sampled_from(("kill switch", "interrupt", "another resume")))
    def meddle(self, what: str) -> None:
        """At the next moment at which somebody may."""
        self.fate.arm(what)
        self.step()

    @precondition(lambda self: self.sim.off)
    @rule()
    def start_again(self) -> None:
        self.sim.start()

    @precondition(lambda self: self.parked)
    @rule(answer=st.sampled_from(("approve", "deny", "another one", "expire")))
    def a_person(self, answer: str) -> None:
        self.parked = False
        if answer == "expire":
            self.sim.world.clock.elapsed_s += 80 * 3600
        else:
            self.sim.command(approve=answer != "deny", old=answer == "another one")
        self.step()

    @rule(days=st.sampled_from((-1, 1)))
    def clock_jump(self, days: int) -> None:
        self.sim.world.clock.wrong += timedelta(days=days)

    @invariant()
    def nothing_starts_that_may_not(self) -> None:
        assert not self.sim.violations

    def teardown(self) -> None:
        try:
            if self.sim.disk.execute("SELECT count(*) FROM journal").fetchone()[0]:
                self.sim.left()
                last = self.last if self.last and self.last.run_id == RUN and self.over() else None
                assert not broken(self.sim, last, over=False)
        finally:
            self.stack.close()
            shutil.rmtree(self.home)


TestEngine = pytest.mark.slow(pytest.mark.timeout(max(300, RUNS))(Engine.TestCase))
TestEngine.settings = settings(
    max_examples=RUNS,
    stateful_step_count=60,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
