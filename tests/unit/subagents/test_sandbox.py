"""A sandbox holds what Terraform finds in the module, and its tools change that copy alone."""

from __future__ import annotations

import os
import shutil
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from subagents import copying
from subagents.remediator.edit_config import patch
from subagents.sandbox import Sandbox
from subagents.workspace import MOST_BYTES, RefusedError

MAIN = 'resource "terraform_data" "a" {\r\n  input = "x"\r\n}\r\n'
STATE = '{"lineage": "l", "serial": 1}'


@pytest.fixture
def module(tmp_path: Path) -> Path:
    module = tmp_path / "repo" / "live" / "mod"
    (module / "sub").mkdir(parents=True)
    put(module / "main.tf", MAIN)
    put(module / "sub" / "x.tf", "# sub\n")
    put(module / "terraform.tfstate", STATE)
    put(module / ".terraform.lock.hcl", "# lock\n")
    return module


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "home" / "sandbox"


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_the_copy_is_private_and_is_gone_in_the_end(module: Path, folder: Path) -> None:
    with Sandbox.create(module, folder) as sandbox:
        assert mode(folder) == 0o700
        assert mode(sandbox.module / "terraform.tfstate") == 0o600
        assert sandbox.module.name == "mod"
        assert sandbox.plugin_cache.is_dir()
        assert (sandbox.module / "main.tf").read_bytes() == MAIN.encode()
    assert not folder.exists()
    sandbox.discard()
    assert module.is_dir()


def test_permissions_are_kept_since_a_zip_of_the_files_holds_them(module: Path, folder: Path) -> None:
    put(module / "hook.sh", "#!/bin/sh\n")
    (module / "hook.sh").chmod(0o755)
    (module / "main.tf").chmod(0o444)
    with Sandbox.create(module, folder) as sandbox:
        assert mode(sandbox.module / "hook.sh") == 0o755
        assert mode(sandbox.module / "main.tf") == 0o644


def test_what_terraform_reads_is_copied_and_what_it_must_not_find_is_not(module: Path, folder: Path) -> None:
    kept = {
        *(
            "terraform.tfstate.d/x/terraform.tfstate",
            ".terraform/terraform.tfstate",
            ".terraform/environment",
        ),
        *(
            ".terraform/modules/modules.json",
            ".terraform/modules/vpc/main.tf",
            "other.tfstate",
            "files/a.txt",
        ),
        *("node_modules/x/index.js", ".hidden/x", "crash.log", "crash.2026.log", ".x.lock.info"),
        *(".main.tf.swp", "main.tf~", ".#main.tf", "#main.tf#"),  # file() can read them
    }
    dropped = {
        *("terraform.tfstate.backup", "errored.tfstate", ".terraform.tfstate.lock.info", ".git/config"),
        *("sub/.git", ".terragrunt-cache/x", "terraform.tfstate.17.backup", "sub/.terraform/providers/big"),
        *(".terraform/plugins/linux_amd64/big",),
    }
    for name in kept | dropped:
        put(module / name, "x")
    with Sandbox.create(module, folder) as sandbox:
        assert {name for name in kept if not (sandbox.module / name).is_file()} == set()
        assert {name for name in dropped if (sandbox.module / name).exists()} == set()


def test_a_provider_is_one_link_and_terraform_may_replace_it(module: Path, folder: Path) -> None:
    version = ".terraform/providers/registry.terraform.io/hashicorp/aws/5.0.0"
    put(module / version / "linux_amd64" / "terraform-provider-aws", "binary")
    with Sandbox.create(module, folder) as sandbox:
        link = sandbox.module / version / "linux_amd64"
        assert link.is_symlink()
        assert not link.parent.is_symlink()
        assert (link / "terraform-provider-aws").read_text(encoding="utf-8") == "binary"
        link.unlink()
    assert (module / version / "linux_amd64" / "terraform-provider-aws").is_file()


def test_a_data_folder_and_a_state_behind_links_are_copied_not_linked(
    module: Path, folder: Path, tmp_path: Path
) -> None:
    put(tmp_path / "data" / "environment", "x")
    put(tmp_path / "state", STATE)
    (module / ".terraform").symlink_to(tmp_path / "data")
    (module / "terraform.tfstate").unlink()
    (module / "terraform.tfstate").symlink_to(tmp_path / "state")
    with Sandbox.create(module, folder) as sandbox:
        for name in (".terraform", ".terraform/environment", "terraform.tfstate"):
            assert not (sandbox.module / name).is_symlink()
        assert (sandbox.module / "terraform.tfstate").read_text(encoding="utf-8") == STATE


def test_links_lead_to_what_they_led_to(module: Path, folder: Path, tmp_path: Path) -> None:
    put(tmp_path / "repo" / "variables.tf", "# shared\n")
    (module / "variables.tf").symlink_to("../../variables.tf")
    (module / "common").symlink_to(tmp_path / "repo", target_is_directory=True)
    (module / "sub" / "main.tf").symlink_to("../main.tf")
    (module / "dead.tf").symlink_to("/nowhere/at/all")
    with Sandbox.create(module, folder) as sandbox:
        copy = sandbox.module
        assert (copy / "variables.tf").resolve() == tmp_path / "repo" / "variables.tf"
        assert (copy / "common").resolve() == tmp_path / "repo"
        assert (copy / "sub" / "main.tf").resolve() == copy / "main.tf", "an edit is seen through it"
        assert (copy / "dead.tf").is_symlink()
        assert sandbox.list() == ("main.tf", "sub/x.tf")


def test_sockets_and_pipes_are_passed_over(
    module: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(module / "pipe.tf")
    monkeypatch.chdir(module)  # the path of a socket may not be long
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.tf")
        with Sandbox.create(module, folder) as sandbox:
            assert sandbox.list() == ("main.tf", "sub/x.tf")


@pytest.mark.parametrize("text", ['source = "../a/b"', 'file("${path.module}/../../x/y")', "../../../z"])
def test_paths_that_lead_out_lead_to_the_same_files(
    module: Path, folder: Path, tmp_path: Path, text: str
) -> None:
    for place in (module.parent / "a" / "b", module.parent.parent / "x" / "y", tmp_path / "z"):
        put(place, "seen")
    put(module / "main.tf", text)
    with Sandbox.create(module, folder) as sandbox:
        named = text[text.index("..") :].rstrip('")')
        assert (sandbox.module / named).read_text(encoding="utf-8") == "seen"
        assert (sandbox.module / ".." / "mod" / "main.tf").samefile(sandbox.module / "main.tf")


def test_a_module_outside_that_leads_further_out_is_followed(
    module: Path, folder: Path, tmp_path: Path
) -> None:
    put(module / "main.tf", 'module "a" { source = "../shared" }')
    put(module.parent / "shared" / "main.tf", 'module "b" { source = "../../../far//deep" }')
    put(tmp_path / "far" / "deep" / "main.tf", "far")
    with Sandbox.create(module, folder) as sandbox:
        assert (sandbox.module / "../../../far/main.tf").parent.resolve() == tmp_path / "far"


def test_modules_installed_at_relative_and_absolute_places_are_found(module: Path, folder: Path) -> None:
    put(module.parent / "shared" / "main.tf", "shared")
    put(module / ".terraform/modules/vpc/main.tf", "vpc")
    put(module / ".terraform/modules/modules.json", f'{{"Dir":"../shared"}},{{"Dir":"{module}/sub"}}')
    with Sandbox.create(module, folder) as sandbox:
        assert (sandbox.module / "../shared/main.tf").read_text(encoding="utf-8") == "shared"
        assert (sandbox.module / ".terraform/modules/vpc/main.tf").read_text(encoding="utf-8") == "vpc"


def test_a_sandbox_within_its_own_module_does_not_copy_itself(module: Path) -> None:
    with Sandbox.create(module, module / ".planner" / "sandbox") as sandbox:
        assert not (sandbox.module / ".planner" / "sandbox").exists()
        assert sandbox.list() == ("main.tf", "sub/x.tf")


def _deep(module: Path) -> None:
    put(module.joinpath(*["d"] * 101, "x"), "")


def _many(module: Path) -> None:
    for n in range(30):
        put(module / f"{n}.txt", "")


def _large(module: Path) -> None:
    put(module / "large.bin", "x" * 2000)


def _far(module: Path) -> None:
    put(module / "main.tf", 'file("' + "../" * 9 + 'x")')


@pytest.mark.parametrize("make", [_deep, _many, _large, _far])
def test_what_is_too_much_is_refused_and_nothing_is_left(
    module: Path, folder: Path, make: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "MOST_ENTRIES", 120 if make is _deep else 30)
    monkeypatch.setattr(copying, "MOST_COPIED_BYTES", 1000)
    make(module)
    with pytest.raises(RefusedError):
        Sandbox.create(module, folder)
    assert not folder.exists()


def test_a_folder_that_is_there_is_no_place_for_a_sandbox(module: Path, folder: Path) -> None:
    put(folder / "mine", "x")
    with pytest.raises(RefusedError):
        Sandbox.create(module, folder)
    assert (folder / "mine").is_file()


def test_what_a_dead_run_left_is_swept(module: Path, folder: Path) -> None:
    Sandbox.create(module, folder)
    Sandbox.sweep(folder)
    Sandbox.sweep(folder)
    with Sandbox.create(module, folder) as sandbox:
        assert sandbox.changes().get(".terraform.lock.hcl") is None


def test_what_cannot_be_swept_is_told(folder: Path) -> None:
    put(folder, "a file where the copy should lie")
    with pytest.raises(RefusedError, match="cannot be removed: Not a directory"):
        Sandbox.sweep(folder)


@pytest.mark.parametrize("name", ["gone", "main.tf"])
def test_what_is_no_folder_cannot_be_copied(module: Path, folder: Path, name: str) -> None:
    with pytest.raises(RefusedError, match="cannot be copied"):
        Sandbox.create(module / name, folder)
    assert not folder.exists()


def test_to_discard_follows_no_link(module: Path, folder: Path, tmp_path: Path) -> None:
    put(tmp_path / "outside" / "x", "kept")
    sandbox = Sandbox.create(module, folder)
    (sandbox.module / "out").symlink_to(tmp_path / "outside", target_is_directory=True)
    sandbox.discard()
    assert (tmp_path / "outside" / "x").is_file()


def test_what_is_listed_can_be_read_and_nothing_else_is_listed(module: Path, folder: Path) -> None:
    for name in (
        "a.auto.tfvars",
        "template.tpl",
        ".hidden.tf",
        ".dir/x.tf",
        "x.tfstate.json",
        "bidi\u202e.tf",
    ):
        put(module / name, "text")
    put(module / "twice.tf", "")
    (module / "again.tf").hardlink_to(module / "twice.tf")
    with Sandbox.create(module, folder) as sandbox:
        assert sandbox.list() == ("a.auto.tfvars", "main.tf", "sub/x.tf", "template.tpl")
        assert [sandbox.read(name) for name in sandbox.list()] == ["text", MAIN, "# sub\n", "text"]


def test_an_edit_changes_the_copy_and_is_told_as_a_patch(module: Path, folder: Path) -> None:
    with Sandbox.create(module, folder) as sandbox:
        sandbox.read("main.tf")
        sandbox.edit("main.tf", '"x"', '"y"')
        sandbox.edit("./main.tf", '"y"', '"z"')
        assert sandbox.read("main.tf") == MAIN.replace("x", "z")
        changes = sandbox.changes()
        assert changes == {"main.tf": (MAIN, MAIN.replace("x", "z"))}
        assert '+  input = "z"' in patch(changes)
        sandbox.write("main.tf", MAIN)
        assert sandbox.changes() == {}
    assert (module / "main.tf").read_bytes() == MAIN.encode()


def test_a_change_of_the_lock_file_is_told_but_no_tool_makes_one(module: Path, folder: Path) -> None:
    with Sandbox.create(module, folder) as sandbox:
        put(sandbox.module / ".terraform.lock.hcl", "# newer\n")
        put(sandbox.module / "made.tf", "")
        assert sandbox.changes() == {".terraform.lock.hcl": ("# lock\n", "# newer\n")}
        assert sandbox.changes().get(".terraform.lock.hcl") == ("# lock\n", "# newer\n")
        assert sandbox.texts() == {"main.tf": MAIN, "sub/x.tf": "# sub\n"}
        with pytest.raises(RefusedError):
            sandbox.read(".terraform.lock.hcl")


def test_a_file_that_is_removed_is_told_as_such(module: Path, folder: Path) -> None:
    with Sandbox.create(module, folder) as sandbox:
        sandbox.read("sub/x.tf")
        sandbox.delete("sub/x.tf")
        assert sandbox.changes() == {"sub/x.tf": ("# sub\n", "")}
        assert sandbox.deleted == {"sub/x.tf"}
        with pytest.raises(RefusedError):
            sandbox.write("sub/x.tf", "again")
    assert (module / "sub" / "x.tf").is_file()


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.write("main.tf", "x"),
        lambda s: s.edit("main.tf", "a", "b"),
        lambda s: s.delete("main.tf"),
    ],
)
def test_what_was_not_read_is_not_changed(
    module: Path, folder: Path, change: Callable[[Sandbox], None]
) -> None:
    with Sandbox.create(module, folder) as sandbox:
        with pytest.raises(RefusedError, match="read it first"):
            change(sandbox)
        sandbox.read("main.tf")
        put(sandbox.module / "main.tf", "a formatter was here")
        with pytest.raises(RefusedError, match=r"read it again|has to be there"):
            change(sandbox)
        assert (sandbox.module / "main.tf").read_text(encoding="utf-8") == "a formatter was here"


@pytest.mark.parametrize(("search", "times"), [("nowhere", "not there"), ("t", "times"), ("", "not there")])
def test_an_edit_needs_one_place(module: Path, folder: Path, search: str, times: str) -> None:
    with Sandbox.create(module, folder) as sandbox:
        sandbox.read("main.tf")
        with pytest.raises(RefusedError, match=times):
            sandbox.edit("main.tf", search, "x")


@pytest.mark.parametrize("text", ["x" * (MOST_BYTES + 1), "\ud800"])
def test_a_text_that_no_file_may_hold_is_not_written(module: Path, folder: Path, text: str) -> None:
    with Sandbox.create(module, folder) as sandbox:
        sandbox.read("main.tf")
        with pytest.raises(RefusedError):
            sandbox.write("main.tf", text)
        assert sandbox.changes() == {}


def test_a_file_that_is_no_text_is_copied_but_never_told_as_changed(module: Path, folder: Path) -> None:
    (module / "odd.tf").write_bytes(b"\xff")
    with Sandbox.create(module, folder) as sandbox:
        (sandbox.module / "odd.tf").write_bytes(b"\xfe")
        assert sandbox.changes() == {}
        with pytest.raises(RefusedError):
            sandbox.read("odd.tf")


def test_a_copy_can_itself_be_copied(module: Path, folder: Path) -> None:
    put(module.parent / "shared" / "main.tf", "shared")
    with (
        Sandbox.create(module, folder) as first,
        Sandbox.create(first.module, folder.parent / "second") as second,
    ):
        shutil.rmtree(first.module / "sub")
        assert (second.module / "../shared/main.tf").read_text(encoding="utf-8") == "shared"
        assert second.list() == ("main.tf", "sub/x.tf")
