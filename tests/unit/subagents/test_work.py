"""Remediations become work: one case a kind, and what none of them may name."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.remediation import (
    Credentials,
    Edit,
    EditConfig,
    Escalate,
    ForceUnlock,
    Import,
    InitReconfigure,
    InitUpgrade,
    Permissions,
    QuotaRequest,
    Refresh,
    Remediation,
    Replace,
    Retry,
    SetVariable,
    StateRmOrMv,
    WaitAndRetry,
)
from contracts.terraform import InitMode, Variable
from subagents.promotion import promote, restore
from subagents.remediator.edit_config import Change, changed, edits_between
from subagents.remediator.work import Work, reader_of, work_of
from subagents.workspace import RefusedError
from tests.fakes.twenty_modules import MODULES

TEXTS = {"main.tf": 'variable "size" {}\na = 1\n', "web/main.tf": "b = 1\n"}
FREE = "its holder is dead"
S = "Do it."


def free(lock_id: str) -> tuple[str, tuple[()]]:
    return FREE, ()


def edit(file: str, search: str, replace: str) -> EditConfig:
    return EditConfig(summary=S, edits=(Edit(file=file, search=search, replace=replace),))


IMPORTED = 'import {\n  to = terraform_data.a[0]\n  id = "i-\\"1"\n}\n'
MOVED = "moved {\n  from = x_y.a\n  to   = module.m.x_y.b\n}\n"
REMOVED = "removed {\n  from = x_y.a\n  lifecycle {\n    destroy = false\n  }\n}\n"
GOLDEN: dict[str, tuple[Remediation, Work]] = {
    "edit_config": (
        edit("main.tf", "a = 1", "a = 2"),
        Work(files={"main.tf": Change(TEXTS["main.tf"], TEXTS["main.tf"].replace("a = 1", "a = 2"))}),
    ),
    "an edit in a folder": (
        edit("web//./main.tf", "1", "2"),
        Work(files={"web/main.tf": Change("b = 1\n", "b = 2\n")}),
    ),
    "set_variable": (
        SetVariable(summary=S, name="size", value="4"),
        Work(variables=(Variable(name="size", value="4"),), given="size = 4\n"),
    ),
    "init_upgrade": (InitUpgrade(summary=S), Work(init=InitMode.UPGRADE)),
    "init_reconfigure": (InitReconfigure(summary=S), Work(init=InitMode.RECONFIGURE)),
    "import": (
        Import(summary=S, address="terraform_data.a[0]", id='i-"1'),
        Work(imports=(("terraform_data.a[0]", 'i-"1'),), blocks=IMPORTED),
    ),
    "state mv": (
        StateRmOrMv(summary=S, source="x_y.a", destination="module.m.x_y.b"),
        Work(moves=(("x_y.a", "module.m.x_y.b"),), blocks=MOVED),
    ),
    "state rm": (
        StateRmOrMv(summary=S, source="x_y.a"),
        Work(moves=(("x_y.a", None),), blocks=REMOVED),
    ),
    "replace": (Replace(summary=S, address='x_y.a["k"]'), Work(replace=('x_y.a["k"]',))),
    "force_unlock": (ForceUnlock(summary=S, lock_id="abc-1"), Work(unlock="abc-1", proof=(FREE,))),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_each_kind_comes_to_just_this_work(name: str) -> None:
    remedy, work = GOLDEN[name]
    assert work_of([remedy], TEXTS, free) == work


@pytest.mark.parametrize(
    "remedy",
    [
        Retry(summary=S),
        WaitAndRetry(summary=S),
        Refresh(summary=S),
        Credentials(summary=S),
        Permissions(summary=S),
        QuotaRequest(summary=S),
        Escalate(summary=S),
    ],
    ids=lambda remedy: remedy.kind,
)
def test_what_waits_or_advises_is_no_work(remedy: Remediation) -> None:
    with pytest.raises(RefusedError, match=f"{remedy.kind} is nothing to carry out"):
        work_of([remedy], TEXTS, free)


@pytest.mark.parametrize(
    "file",
    [
        *("../main.tf", "/main.tf", "web/../main.tf", "a/../../main.tf", "web\\main.tf", "ws-evil/main.tf"),
        *("x" * 5000 + ".tf", ".hidden.tf", ".terraform/x.tf", "main.tf.json", "fix_override.tf", "new.tf"),
        *("zz.auto.tfvars", ".terraformrc", "terraform.tfstate", "", ".", "MAIN.TF"),
    ],
)
def test_a_file_that_is_not_there_or_leads_elsewhere_is_refused(file: str) -> None:
    with pytest.raises(RefusedError):
        work_of(
            [edit(file, "1", "2")],
            TEXTS,
            free,
        )


def test_a_later_remedy_sees_what_an_earlier_one_made_and_both_are_one_change() -> None:
    work = work_of([edit("main.tf", "a = 1", "a = 2"), edit("main.tf", "a = 2", "a = 3")], TEXTS, free)
    assert work.files == {"main.tf": Change(TEXTS["main.tf"], TEXTS["main.tf"].replace("a = 1", "a = 3"))}


def test_remedies_that_undo_each_other_change_nothing() -> None:
    assert (
        work_of([edit("main.tf", "a = 1", "a = 2"), edit("main.tf", "a = 2", "a = 1")], TEXTS, free) == Work()
    )


def test_all_kinds_together_keep_their_order() -> None:
    remedies = [remedy for name, (remedy, _) in GOLDEN.items() if name != "init_upgrade"]
    work = work_of(remedies, TEXTS, free)
    assert work.init is InitMode.RECONFIGURE
    assert work.blocks == IMPORTED + MOVED + REMOVED
    assert work.moves == (("x_y.a", "module.m.x_y.b"), ("x_y.a", None))
    assert set(work.files) == {"main.tf", "web/main.tf"}


def test_one_remedy_that_is_refused_refuses_all() -> None:
    with pytest.raises(RefusedError, match="no address"):
        work_of([edit("main.tf", "a = 1", "a = 2"), Replace(summary=S, address="-force")], TEXTS, free)


@pytest.mark.parametrize(
    "remedy",
    [
        edit("main.tf", "a = 1", 'a = "<secret:3f2a>"'),
        SetVariable(summary=S, name="size", value="<secret:3f2a>"),
        Import(summary=S, address="a.b", id="<secret:3f2a>"),
    ],
    ids=lambda remedy: remedy.kind,
)
def test_the_mark_of_a_masked_secret_is_written_nowhere(remedy: Remediation) -> None:
    with pytest.raises(RefusedError, match="masked"):
        work_of([remedy], TEXTS, free)


TEXT = st.text(alphabet=st.sampled_from('ab{}\n ="é\r#'), max_size=60)


@given(TEXT, TEXT)
@settings(max_examples=500, deadline=None)
def test_the_edits_between_two_texts_make_one_the_other(before: str, after: str) -> None:
    if before == after:
        assert edits_between("main.tf", before, after) == ()
    elif not before:
        with pytest.raises(RefusedError, match="empty"):
            edits_between("main.tf", before, after)
    else:
        edits = edits_between("main.tf", before, after)
        for one in edits:
            assert sum(before.startswith(one.search, at) for at in range(len(before))) == 1
        assert changed(edits, reader_of({"main.tf": before})) == {"main.tf": Change(before, after)}


@given(st.sampled_from(sorted(MODULES)), st.data())
@settings(max_examples=40, deadline=None)  # a disk that syncs takes what it takes
def test_what_is_promoted_and_taken_back_was_never_there(name: str, data: st.DataObject) -> None:
    texts = MODULES[name]
    file = data.draw(st.sampled_from(sorted(texts)))
    line = data.draw(st.sampled_from([line for line in texts[file].split("\n") if line]))
    after = texts[file].replace(line, data.draw(TEXT), 1)
    remedy = EditConfig(summary=S, edits=edits_between(file, texts[file], after))
    with tempfile.TemporaryDirectory() as place:
        module = Path(place, "module")
        for each, text in texts.items():
            (module / each).parent.mkdir(parents=True, exist_ok=True)
            (module / each).write_bytes(text.encode())
        work = work_of([remedy], texts, free)
        promote(module, work.files, Path(place, "backup"))
        assert (module / file).read_bytes().decode() == after
        restore(module, Path(place, "backup"))
        assert {str(p.relative_to(module)): p.read_bytes().decode() for p in module.rglob("*.tf*")} == texts
