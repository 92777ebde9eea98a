"""What planner keeps of a state: by its place and lineage, through deaths, in no clear names."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.run import RunRequest
from contracts.settings import Answer, Policy
from contracts.terraform import (
    AppliedChange,
    ApplyResult,
    ChangeAction,
    Ended,
    PlannedChange,
    PlanResult,
    StateMark,
)
from planner.known_state import KnownState, settled
from planner.store import Store
from tests.fakes.planning import plan_of

MARK = StateMark(lineage="0b0e", serial=3, instances=1)
A, B = "terraform_data.a", 'terraform_data.b["sesame"]'


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home" / "planner.db")


def known(store: Store, module: Path, **fields: object) -> KnownState:
    return KnownState(store, RunRequest(module=module).model_copy(update=fields))


def creating(*addresses: str, held: tuple[str, ...] = (), mark: StateMark | None = None) -> PlanResult:
    changes = (PlannedChange(address=one, action=ChangeAction.CREATE) for one in addresses)
    return plan_of(*changes).model_copy(update={"state_addresses": held, "state": mark})


def applied(*done: tuple[str, ChangeAction, bool], mark: StateMark | None = None) -> ApplyResult:
    told = tuple(AppliedChange(address=one, action=action, ok=ok) for one, action, ok in done)
    return ApplyResult(ended=Ended.COMPLETED, applied=told, state=mark)


def test_nothing_is_known_of_a_state_that_nobody_saw(store: Store, tmp_path: Path) -> None:
    here = known(store, tmp_path)
    assert (here.mark(), here.doubted(), here.lost(creating(A))) == (None, frozenset(), frozenset())


def test_what_a_state_held_is_lost_where_it_holds_nothing_any_more(store: Store, tmp_path: Path) -> None:
    here = known(store, tmp_path)
    here.found(creating(held=(A, B), mark=MARK))
    here.found(creating(A))
    assert here.mark() == MARK, "an empty state is not what is remembered"
    assert here.lost(creating(A, B, "terraform_data.new")) == {A, B}
    assert here.lost(creating(A, held=(B,))) == frozenset(), "it holds something"
    (tmp_path / "terraform.tfstate").write_text("{}", encoding="utf-8")
    assert here.lost(creating(A)) == frozenset(), "the state guard looks at one that is there"


def test_a_destroy_is_never_asked_about_what_was_lost(store: Store, tmp_path: Path) -> None:
    known(store, tmp_path).found(creating(held=(A,)))
    gone = known(store, tmp_path, destroy=True, policy=Policy(destroy=Answer.ALLOW))
    assert gone.lost(creating(A)) == frozenset()


@pytest.mark.parametrize(
    ("done", "held"),
    [
        (((A, ChangeAction.CREATE, True),), {A, B}),
        (((A, ChangeAction.CREATE, False),), {B}),
        (((B, ChangeAction.DELETE, True),), set()),
        (((B, ChangeAction.DELETE, False),), {B}),
        (((B, ChangeAction.DELETE, True), (B, ChangeAction.CREATE, True)), {B}),
        (((B, ChangeAction.UPDATE, True),), {B}),
    ],
)
def test_an_apply_leaves_in_the_state_what_it_made_without_what_it_took(
    store: Store, tmp_path: Path, done: tuple[tuple[str, ChangeAction, bool], ...], held: set[str]
) -> None:
    here = known(store, tmp_path)
    here.ended(creating(A, held=(B,)), applied(*done), ())
    assert here.lost(creating(A, B)) == held


def test_what_an_apply_was_to_create_is_in_doubt_until_its_end_is_known(store: Store, tmp_path: Path) -> None:
    here = known(store, tmp_path)
    here.begins("run-1", creating(A, B), (A, B))
    assert here.doubted() == {A, B}
    here.ended(creating(A, B), applied(), (B,))
    assert here.doubted() == {B}
    here.begins("run-2", creating(A), (A,))
    assert here.doubted() == {A, B}, "what was in doubt before still is"
    settled(store, "run-1", (A, B))
    assert here.doubted() == {A, B}, "another run's apply is under way"
    settled(store, "run-2", ())
    assert here.doubted() == {B}


def test_a_doubt_goes_where_the_state_goes_and_not_into_another(store: Store, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    here = known(store, old)
    here.begins("run-1", creating(A, mark=MARK), (A,))
    settled(store, "run-1", (A,))
    assert known(store, new).doubted(creating(mark=MARK)) == {A}, "the folder was renamed"
    assert known(store, new).doubted(creating()) == frozenset()
    assert known(store, old, workspace="dev").doubted(creating()) == frozenset()
    other = StateMark(lineage="0ther", serial=1, instances=0)
    assert known(store, new).doubted(creating(mark=other)) == frozenset()


def test_the_first_state_that_an_apply_writes_is_known_by_its_lineage_too(
    store: Store, tmp_path: Path
) -> None:
    known(store, tmp_path / "old").ended(creating(A, B), applied(mark=MARK), (A,))
    assert known(store, tmp_path / "new").doubted(creating(mark=MARK)) == {A}
    assert known(store, tmp_path / "old").mark() == MARK


def test_no_name_of_what_a_state_held_is_kept(store: Store, tmp_path: Path) -> None:
    here = known(store, tmp_path)
    here.found(creating(held=(B,)))
    here.ended(creating(B), applied((B, ChangeAction.CREATE, True)), ())
    store.close()
    kept = b"".join(path.read_bytes() for path in (tmp_path / "home").iterdir() if path.is_file())
    assert b"sesame" not in kept


def test_the_last_look_counts_whatever_of_it_is_new(store: Store, tmp_path: Path) -> None:
    here, later = known(store, tmp_path), MARK.model_copy(update={"serial": 4})
    here.found(creating(held=(A,), mark=MARK))
    here.found(creating(held=(A,), mark=later))
    assert here.mark() == later
    here.found(creating(held=(A, B), mark=later))
    assert here.lost(creating(A, B)) == {A, B}
    here.found(creating(held=(B,), mark=MARK))
    assert (here.mark(), here.lost(creating(A, B))) == (MARK, frozenset({B}))


def test_an_apply_whose_state_nobody_could_read_ends_its_doubt_and_leaves_the_mark(
    store: Store, tmp_path: Path
) -> None:
    here, plan = known(store, tmp_path / "old"), creating(A, held=(B,), mark=MARK)
    here.found(plan)
    here.begins("run-1", plan, (A,))
    here.ended(plan, applied((A, ChangeAction.CREATE, True)), ())
    assert here.mark() == MARK
    assert known(store, tmp_path / "new").doubted(creating(mark=MARK)) == frozenset(), "by its lineage too"


def test_the_state_of_another_workspace_is_not_taken_for_the_lost_one(store: Store, tmp_path: Path) -> None:
    dev = known(store, tmp_path, workspace="dev")
    dev.found(creating(held=(A,)))
    (tmp_path / "terraform.tfstate").write_text("{}", encoding="utf-8")
    assert dev.lost(creating(A)) == {A}
    assert known(store, tmp_path).lost(creating(A)) == frozenset()


def test_a_state_that_cannot_be_looked_at_is_asked_about(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = known(store, tmp_path)
    here.found(creating(held=(A,)))

    def refused(_: Path) -> bool:
        raise PermissionError

    monkeypatch.setattr(Path, "exists", refused)
    assert here.lost(creating(A)) == {A}


def test_what_one_clone_left_in_doubt_outlives_the_death_of_another(store: Store, tmp_path: Path) -> None:
    here = known(store, tmp_path)
    here.begins("run-1", creating(A), (A,))
    here.begins("run-2", creating(B), (B,))
    settled(store, "run-2", ())
    assert here.doubted() == {A}, "nobody has said what became of it"


def remote(store: Store, module: Path) -> KnownState:
    (module / ".terraform").mkdir()
    backend = '{"backend": {"type": "http", "config": {"address": "http://127.0.0.1/state"}}}'
    (module / ".terraform/terraform.tfstate").write_text(backend, encoding="utf-8")
    return known(store, module)


@pytest.mark.parametrize(
    ("now", "lost"),
    [
        (MARK, {A}),
        (MARK.model_copy(update={"lineage": "0ther", "serial": 9}), {A}),
        (MARK.model_copy(update={"serial": 4}), set()),
        (None, set()),
    ],
)
def test_what_an_older_remote_state_or_another_does_not_hold_is_lost(
    store: Store, tmp_path: Path, now: StateMark | None, lost: set[str]
) -> None:
    here = remote(store, tmp_path)
    here.ended(creating(A, held=(B,), mark=MARK), applied((A, ChangeAction.CREATE, True)), ())
    assert here.mark() == MARK.model_copy(update={"serial": 4}), "an apply that changed something raised it"
    seen = creating(A, held=(B,), mark=now)
    here.found(seen)
    assert here.lost(seen) == lost


@pytest.mark.parametrize("ok", [True, False])
def test_an_apply_that_failed_or_changed_nothing_says_nothing_of_a_remote_serial(
    store: Store, tmp_path: Path, *, ok: bool
) -> None:
    here, plan = remote(store, tmp_path), creating(A, held=(B,), mark=MARK)
    here.found(plan)
    done = applied((A, ChangeAction.CREATE, not ok))
    here.ended(plan, done.model_copy(update={"ended": Ended.COMPLETED if ok else Ended.ERRORED}), ())
    assert here.mark() == MARK


def test_a_remote_state_that_was_put_back_and_applied_to_is_the_one_that_counts(
    store: Store, tmp_path: Path
) -> None:
    here = remote(store, tmp_path)
    here.found(creating(held=(A, B), mark=MARK.model_copy(update={"serial": 9})))
    fell_back = creating(A, held=(B,), mark=MARK)
    assert here.lost(fell_back) == {A}
    here.ended(fell_back, applied((A, ChangeAction.CREATE, True)), ())
    assert here.lost(creating(A, held=(B,), mark=MARK.model_copy(update={"serial": 4}))) == frozenset()
