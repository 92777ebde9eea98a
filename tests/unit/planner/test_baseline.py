"""What the gate compares with: the plan without the fix where there is one, else the files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from contracts.identity import EngineId
from contracts.record import RunRecord
from contracts.run import RunRequest
from contracts.terraform import Variable
from planner.baseline import baseline_of, world_of
from subagents.remediator.edit_config import Change
from subagents.remediator.work import Work
from tests.fakes.plan_json import BUILTIN, change, plan, resource
from tests.fakes.planning import CREATE_A
from tests.fakes.twenty_modules import MODULES

AT = datetime(2026, 1, 1, tzinfo=UTC)
LOCK = 'provider "registry.terraform.io/hashicorp/aws" {\n  version = "5.0.0"\n}\n'
LISTED = '{"Modules": [{"Key": "", "Dir": "."}, {"Key": "web", "Dir": "web"}]}'


def record(**fields: object) -> RunRecord:
    engine = EngineId(name="t", version="1")
    request = RunRequest(module=Path("/m"))
    run = RunRecord(run_id="r", request=request, engine=engine, started_at=AT, last_at=AT)
    return run.model_copy(update=fields)


def copy_of(name: str, folder: Path) -> Path:
    for file, text in MODULES[name].items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text, encoding="utf-8")
    (folder / ".terraform/modules").mkdir(parents=True)
    (folder / ".terraform/modules/modules.json").write_text(LISTED, encoding="utf-8")
    (folder / ".terraform.lock.hcl").write_text(LOCK, encoding="utf-8")
    return folder


def test_a_module_that_could_not_be_planned_is_known_by_its_files(tmp_path: Path) -> None:
    copy = copy_of("submodule", tmp_path)
    known = baseline_of(record(), copy, MODULES["submodule"], Work(), None)
    assert known.declared == {"terraform_data.front", "module.web.terraform_data.node"}
    assert known.module_sources == {"./web"}
    assert known.providers == {BUILTIN, "registry.terraform.io/hashicorp/aws"}
    assert known.outputs == frozenset(), "only those of the root"


def test_the_files_are_those_from_before_the_fix(tmp_path: Path) -> None:
    copy = copy_of("submodule", tmp_path)
    (copy / "web/main.tf").write_text('resource "terraform_data" "evil" {}\n', encoding="utf-8")
    known = baseline_of(record(), copy, MODULES["submodule"], Work(), None)
    assert "module.web.terraform_data.evil" not in known.declared


def test_a_plan_without_the_fix_tells_more_than_the_files(tmp_path: Path) -> None:
    prior = plan(change("terraform_data.x", "create"), resources=(resource("terraform_data.x"),))
    known = baseline_of(record(), copy_of("one box", tmp_path), MODULES["one box"], Work(), prior)
    assert known.first == {"terraform_data.x": "create"}


def test_a_plan_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    copy = copy_of("one box", tmp_path)
    known = baseline_of(record(), copy, MODULES["one box"], Work(), {"format_version": "9.9"})
    assert known.declared == {"terraform_data.box"}


def test_the_first_plan_of_the_run_is_older_than_any_that_a_proof_makes(tmp_path: Path) -> None:
    prior = plan(change("terraform_data.x", "delete"))
    run = record(first_plan=(CREATE_A,), in_state=("terraform_data.held",))
    known = baseline_of(run, copy_of("one box", tmp_path), MODULES["one box"], Work(), prior)
    assert known.first == {CREATE_A.address: CREATE_A.action}
    assert "terraform_data.held" in known.in_state


def test_what_a_fix_names_is_what_it_touches_moves_imports_replaces_and_sets(tmp_path: Path) -> None:
    texts = MODULES["submodule"]
    inner = texts["web/main.tf"]
    work = Work(
        files={"web/main.tf": Change(inner, inner.replace("default = 1", "default = 2"))},
        imports=(("a.i", "i-1"),),
        moves=(("a.from", "a.to"), ("a.gone", None)),
        replace=("a.r",),
        variables=(Variable(name="v", value="1"),),
    )
    known = baseline_of(
        record(created=frozenset({"a.made"})), copy_of("submodule", tmp_path), texts, work, None
    )
    assert known.named == {"module.web.var.size", "a.i", "a.from", "a.to", "a.gone", "a.r", "var.v"}
    assert known.created == {"a.made"}
    assert ("a.i", "i-1") in known.imports


def test_the_world_is_another_one_when_any_part_of_it_is(tmp_path: Path) -> None:
    copy = copy_of("one box", tmp_path)
    first = world_of(copy, {})
    assert first == world_of(copy, {})
    worlds = [first]
    for name, text in (
        ("main.tf", "# other\n"),
        ("page.txt", "read by file()"),
        (".terraform.lock.hcl", LOCK.replace("5.0.0", "5.1.0")),
        ("terraform.tfstate", '{"lineage": "l", "serial": 1}'),
        ("terraform.tfstate", '{"lineage": "l", "serial": 2}'),
        (".terraform/terraform.tfstate", '{"backend": {"type": "s3", "hash": 1, "config": {}}}'),
    ):
        (copy / name).write_text(text, encoding="utf-8")
        worlds.append(world_of(copy, {}))
    assert len({one.model_dump_json() for one in worlds}) == len(worlds)
    (copy / "terraform.tfstate.backup").write_text("x", encoding="utf-8")
    (copy / ".terraform/modules/other").write_text("x", encoding="utf-8")
    assert world_of(copy, {}) == worlds[-1], "what Terraform keeps for itself does not count"


def test_what_reads_an_edited_local_is_known_through_the_locals_and_modules_between(tmp_path: Path) -> None:
    root = (
        'locals {\n  a = 1\n  b = local.a\n  c = 2\n}\nmodule "web" {\n  source = "./web"\n  n = local.b\n}\n'
    )
    inner = 'variable "n" {}\nresource "terraform_data" "x" {\n  input = var.n\n}\n'
    texts = {"main.tf": root, "web/main.tf": inner}
    for file, text in texts.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text, encoding="utf-8")
    (tmp_path / ".terraform/modules").mkdir(parents=True)
    (tmp_path / ".terraform/modules/modules.json").write_text(LISTED, encoding="utf-8")
    work = Work(files={"main.tf": Change(root, root.replace("a = 1", "a = 3"))})
    known = baseline_of(record(), tmp_path, texts, work, None)
    assert known.named == {"local.a"}
    assert known.reached == {"local.a", "local.b", "module.web.var.n", "module.web.terraform_data.x"}
