"""`subagents.remediator.near_paths`: what a path that leads nowhere was to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.diagnostic import Diagnostic, Severity, SourceRange
from subagents.remediator.near_paths import near_paths

NO_FILE = 'Invalid value for "path" parameter: no file exists at "%s"; this function works only with files'


def error(detail: str, file: str | None = None) -> Diagnostic:
    at = SourceRange(filename=file, start_line=1, end_line=1) if file else None
    return Diagnostic(severity=Severity.ERROR, summary="Invalid function argument", detail=detail, range=at)


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}", encoding="utf-8")


@pytest.mark.parametrize(
    ("missing", "there"),
    [
        ("./confg/app.json", "./config/app.json"),
        ("config/ap.json", "config/app.json"),
        ("Config/App.json", "config/app.json"),
        ("templates/user-data.tpl", "templates/user_data.tpl"),
        ("../shard/base.yaml", "../shared/base.yaml"),
    ],
)
def test_a_file_with_a_near_name_is_told(tmp_path: Path, missing: str, there: str) -> None:
    module = tmp_path / "module"
    put(module, "config/app.json", "config/other.json", "templates/user_data.tpl", "../shared/base.yaml")
    told = near_paths(module, [error(NO_FILE % missing, "main.tf")], {})
    assert told == (f"{missing} is not there, but {there} is",)


def test_a_local_module_with_a_near_name_is_told(tmp_path: Path) -> None:
    put(tmp_path, "modules/web/main.tf", "stacks/one/main.tf", "stacks/modules/vpc/main.tf")
    texts = {
        "main.tf": 'module "web" {\n  name   = "x"\n  source = "./module/web"\n}\n',
        "stacks/one/main.tf": '\nmodule "net" {\n  source = "../modules/vcp"\n}\n',
    }
    lost = "The directory  could not be read for module"
    told = near_paths(
        tmp_path,
        [
            error("Unable to evaluate directory symlink: lstat module: no such file or directory"),
            error(f'{lost} "web" at main.tf:1.'),
            error(f'{lost} "net" at stacks/one/main.tf:2.'),
        ],
        texts,
    )
    assert told == (
        "./module/web is not there, but ./modules/web is",
        "../modules/vcp is not there, but ../modules/vpc is",
    )


def test_a_file_beside_the_code_that_reads_it_is_told_with_how_to_name_it(tmp_path: Path) -> None:
    put(tmp_path, "modules/web/files/a.sh")
    told = near_paths(tmp_path, [error(NO_FILE % "files/a.sh", "modules/web/main.tf")], {})
    assert told == ('files/a.sh lies in modules/web, whose code reads it as "${path.module}/files/a.sh"',)


@pytest.mark.parametrize("missing", ["config/another.json", "app2.json", "nowhere/app.json", "/etc/paswd"])
def test_nothing_is_told_where_nothing_is_near_or_the_path_is_absolute(tmp_path: Path, missing: str) -> None:
    put(tmp_path, "config/app.json", "app1.json")
    assert near_paths(tmp_path, [error(NO_FILE % missing, "main.tf")], {}) == ()


def test_of_two_names_as_near_none_is_told(tmp_path: Path) -> None:
    put(tmp_path, "config-a.json", "config-b.json")
    assert near_paths(tmp_path, [error(NO_FILE % "config-c.json", "main.tf")], {}) == ()


def test_a_file_that_a_provider_cannot_open_is_told(tmp_path: Path) -> None:
    put(tmp_path, "build/lambda.zip")
    told = near_paths(tmp_path, [error("open build/lamda.zip: no such file or directory", "main.tf")], {})
    assert told == ("build/lamda.zip is not there, but build/lambda.zip is",)
