"""A09-A13: no name, no link and no race leads a tool out of the sandbox.

PLANNER_RACES is how many edits are raced against a folder that turns into a
link and back; the attack list asks for 100,000, a commit for fewer.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from threading import Event, Thread

import pytest

from subagents.promotion import promote, restore
from subagents.remediator.edit_config import Change
from subagents.sandbox import Sandbox
from subagents.workspace import MOST_BYTES, RefusedError

RACES = int(os.environ.get("PLANNER_RACES", "1000"))
SECRET = "not of this module\n"
TEXT = "# ours\n"
Tool = Callable[[Sandbox, str], object]


def _write(sandbox: Sandbox, name: str) -> None:
    with suppress(RefusedError):
        sandbox.read(name)
    sandbox.write(name, "x")


def _edit(sandbox: Sandbox, name: str) -> None:
    with suppress(RefusedError):
        sandbox.read(name)
    sandbox.edit(name, "o", "x")


def _delete(sandbox: Sandbox, name: str) -> None:
    with suppress(RefusedError):
        sandbox.read(name)
    sandbox.delete(name)


def _read(sandbox: Sandbox, name: str) -> None:
    sandbox.read(name)


TOOLS: list[Tool] = [_read, _write, _edit, _delete]


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    outside = tmp_path / "repo" / "live" / "outside"
    outside.mkdir(parents=True)
    (outside / "x.tf").write_text(SECRET, encoding="utf-8")
    return outside


@pytest.fixture
def sandbox(tmp_path: Path, outside: Path) -> Iterator[Sandbox]:
    module = outside.parent / "ws"
    (module / "sub").mkdir(parents=True)
    for name in ("main.tf", "sub/x.tf", "terraform.tfstate", ".terraform.lock.hcl", "run.sh", "x.tf.json"):
        (module / name).write_text(TEXT, encoding="utf-8")
    for name in (".hidden.tf", 'quoted".tf', "bell\a.tf", "bidi\u202e.tf", "line\n.tf"):
        (module / name).write_text(TEXT, encoding="utf-8")
    (outside.parent / "ws-evil").mkdir()
    (outside.parent / "ws-evil" / "main.tf").write_text(SECRET, encoding="utf-8")
    with Sandbox.create(module, tmp_path / "home" / "sandbox") as sandbox:
        (sandbox.module.parent / "ws-evil2").mkdir()
        yield sandbox


def seen(place: Path) -> dict[str, str]:
    """Every name and text below a place, through no link."""
    files = (Path(folder, name) for folder, _, names in os.walk(place) for name in names)
    return {
        str(file): str(file.readlink()) if file.is_symlink() else file.read_bytes().decode(errors="replace")
        for file in files
    }


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize(
    "name",
    [
        *("../x.tf", "../outside/x.tf", "sub/../../outside/x.tf", "a/../../x", "sub/..", ".."),
        *("/etc/passwd", "/", "//etc/passwd", "main.tf\0", "\0", "sub\\x.tf", "..\\x.tf"),
        *("x" * 5000, "a/" * 3000 + "x.tf", "", ".", "./", "sub", "sub/"),
        *(
            "../ws-evil/main.tf",
            "../ws-evil2/main.tf",
            "../ws/main.tf",
            "main.tf/x.tf",
            "~/x.tf",
            "$HOME/x.tf",
        ),
        *(".hidden.tf", ".terraform.lock.hcl", ".terraform/x.tf", "sub/.git/config", "terraform.tfstate"),
        *("terraform.tfstate.d/x/terraform.tfstate", "bell\a.tf", "bidi\u202e.tf", "line\n.tf", 'quoted".tf'),
        *("\ud800.tf", "ma\u200bin.tf", "%2e%2e/x.tf", "file:///etc/passwd"),
        "/proc/self/cwd/main.tf",
    ],
)
def test_a09_a12_no_name_leads_elsewhere(sandbox: Sandbox, tmp_path: Path, tool: Tool, name: str) -> None:
    before = seen(tmp_path)
    with pytest.raises(RefusedError):
        tool(sandbox, name)
    assert seen(tmp_path) == before


def _file_link(sandbox: Sandbox, outside: Path) -> str:
    (sandbox.module / "l.tf").symlink_to(outside / "x.tf")
    return "l.tf"


def _link_within(sandbox: Sandbox, outside: Path) -> str:
    (sandbox.module / "l.tf").symlink_to("main.tf")
    return "l.tf"


def _dangling(sandbox: Sandbox, outside: Path) -> str:
    (sandbox.module / "l.tf").symlink_to(outside / "made.tf")
    return "l.tf"


def _folder_link(sandbox: Sandbox, outside: Path) -> str:
    (sandbox.module / "linked").symlink_to(outside)
    return "linked/x.tf"


def _magic_link(sandbox: Sandbox, outside: Path) -> str:
    (sandbox.module / "linked").symlink_to("/proc/self/cwd")
    return "linked/pyproject.toml"


def _hard_link(sandbox: Sandbox, outside: Path) -> str:
    (sandbox.module / "l.tf").hardlink_to(outside / "x.tf")
    return "l.tf"


def _pipe(sandbox: Sandbox, outside: Path) -> str:
    os.mkfifo(sandbox.module / "l.tf")
    return "l.tf"


def _large(sandbox: Sandbox, outside: Path) -> str:
    (sandbox.module / "l.tf").write_bytes(b"#" * (MOST_BYTES + 1))
    return "l.tf"


def _binary(sandbox: Sandbox, outside: Path) -> str:
    (sandbox.module / "l.tf").write_bytes(b"\xff\xfe")
    return "l.tf"


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize(
    "lay",
    [_file_link, _link_within, _dangling, _folder_link, _magic_link, _hard_link, _pipe, _large, _binary],
)
def test_a10_no_link_is_followed_and_no_odd_file_touched(
    sandbox: Sandbox, outside: Path, tool: Tool, lay: Callable[[Sandbox, Path], str]
) -> None:
    name = lay(sandbox, outside)
    before = seen(outside)
    with pytest.raises(RefusedError):
        tool(sandbox, name)
    assert seen(outside) == before
    assert os.path.lexists(sandbox.module / name)


@pytest.mark.parametrize("tool", TOOLS)
def test_a10_a_hard_link_of_the_module_is_not_read_through_its_copy(
    tmp_path: Path, outside: Path, tool: Tool
) -> None:
    module = outside.parent / "ws"
    module.mkdir()
    (module / "l.tf").hardlink_to(outside / "x.tf")
    with Sandbox.create(module, tmp_path / "sandbox") as sandbox:
        assert sandbox.list() == ()
        assert sandbox.texts() == {}
        with pytest.raises(RefusedError):
            tool(sandbox, "l.tf")


@pytest.mark.parametrize(
    "name",
    [
        *("fix_override.tf", "x_override.tf.json", "zz.auto.tfvars", ".terraformrc", "terraform.rc"),
        *("planner_new.tf", "sub/new.tf", "new/main.tf", "run.sh", "x.tf.json", "main.tf.bak"),
    ],
)
def test_a13_no_tool_makes_a_file_or_changes_one_of_another_kind(
    sandbox: Sandbox, tmp_path: Path, name: str
) -> None:
    before = seen(tmp_path)
    for tool in (_write, _edit, _delete):
        with pytest.raises(RefusedError):
            tool(sandbox, name)
    assert seen(tmp_path) == before


@contextmanager
def turning(folder: Path, outside: Path, rest_s: float) -> Iterator[None]:
    """While it lasts, a folder is now itself, now a link to `outside` (for `rest_s` or so), now not there."""
    kept, link, done = folder.with_name("kept"), folder.with_name("link"), Event()
    link.symlink_to(outside)

    def turn() -> None:
        while not done.is_set():
            folder.rename(kept)
            link.rename(folder)
            done.wait(rest_s)
            folder.rename(link)
            kept.rename(folder)
            done.wait(rest_s)

    turner = Thread(target=turn)
    turner.start()
    try:
        yield
    finally:
        done.set()
        turner.join()


def race(act: Callable[[int], None], tries: int) -> None:
    """Act so often, and on until it was done and was refused ten times each."""
    counts, until = {"done": 0, "refused": 0}, time.monotonic() + 60
    for n in count():
        try:
            act(n)
            counts["done"] += 1
        except RefusedError:
            counts["refused"] += 1
        if n >= tries and (min(counts.values()) >= 10 or time.monotonic() > until):
            break
    assert min(counts.values()) >= 10, f"the race was never run: {counts}"


def test_a11_a_folder_that_turns_into_a_link_leads_no_edit_out(sandbox: Sandbox, outside: Path) -> None:
    def edit(n: int) -> None:
        assert sandbox.read("sub/x.tf") != SECRET
        sandbox.write("sub/x.tf", TEXT + "#" * (n % 7))

    with turning(sandbox.module / "sub", outside, rest_s=0.0005):
        race(edit, RACES)
    assert seen(outside) == {str(outside / "x.tf"): SECRET}


def test_a11_nor_a_deletion(sandbox: Sandbox, outside: Path) -> None:
    real = os.open(sandbox.module / "sub", os.O_RDONLY)

    def delete(_: int) -> None:
        sandbox.read("sub/x.tf")
        sandbox.delete("sub/x.tf")
        os.close(os.open("x.tf", os.O_CREAT | os.O_WRONLY, dir_fd=real))

    with turning(sandbox.module / "sub", outside, rest_s=0.0005):
        race(delete, RACES)
    os.close(real)
    assert seen(outside) == {str(outside / "x.tf"): SECRET}


def test_a11_nor_a_promotion(tmp_path: Path, outside: Path) -> None:
    module = tmp_path / "ws"
    (module / "sub").mkdir(parents=True)
    (module / "sub" / "x.tf").write_text(TEXT, encoding="utf-8")
    (outside / "x.tf").write_text(TEXT, encoding="utf-8")  # even where the bytes are the ones expected
    before = (outside / "x.tf").stat()
    texts = [TEXT, "changed\n"]

    def change(n: int) -> None:
        promote(module, {"sub/x.tf": Change(*texts)}, tmp_path / "backups" / str(n))
        texts.reverse()
        restore(module, tmp_path / "backups" / str(n))
        texts.reverse()

    with turning(module / "sub", outside, rest_s=0.005):
        race(change, RACES // 10)
    after = (outside / "x.tf").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns), "not even put back"


def test_a11_nor_the_copying_of_the_module(tmp_path: Path, outside: Path) -> None:
    module, made = outside.parent / "ws", 0
    (module / "sub").mkdir(parents=True)
    (module / "sub" / "x.tf").write_text(TEXT, encoding="utf-8")
    with turning(module / "sub", outside, rest_s=0.0005):
        for n in range(RACES // 10):
            with suppress(RefusedError), Sandbox.create(module, tmp_path / "sandbox" / str(n)) as sandbox:
                assert SECRET not in seen(sandbox.module).values()
                assert SECRET not in sandbox.texts().values()
                made += 1
    assert made, "no copy was ever made"
    assert seen(outside) == {str(outside / "x.tf"): SECRET}
