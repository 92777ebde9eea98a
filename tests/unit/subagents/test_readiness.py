"""Each thing that `init` looks at makes the fingerprint of a module another one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from contracts.terraform import Engine, Variable
from subagents.terraform.readiness import code_of, fingerprint_of

ENGINE = Engine(name="terraform", version="1.11.4", argv=("/bin/terraform",), init_json=True)
PROVIDER = ".terraform/providers/registry/hashicorp/aws/5.0.0/linux_amd64/terraform-provider-aws"


class Made(NamedTuple):
    module: Path
    home: Path

    def write(self, name: str, text: str) -> None:
        path = self.module / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def seen(
        self,
        engine: Engine = ENGINE,
        variables: tuple[Variable, ...] = (),
        files: tuple[Path, ...] = (),
        env: Mapping[str, str] | None = None,
    ) -> str | None:
        return fingerprint_of(
            self.module, engine, {"HOME": str(self.home)} | dict(env or {}), variables, files
        )


@pytest.fixture
def made(tmp_path: Path) -> Made:
    made = Made(tmp_path / "module", tmp_path / "home")
    made.home.mkdir()
    called = [
        {"Key": "", "Dir": "."},
        {"Key": "net", "Dir": "../net"},
        {"Key": "far", "Dir": ".terraform/modules/far"},
    ]
    for name, text in {
        "main.tf": "module",
        "x.auto.tfvars": "a = 1",
        "notes.txt": "nothing to init",
        ".terraform.lock.hcl": "locked",
        ".terraform/terraform.tfstate": "{}",
        ".terraform/environment": "blue",
        ".terraform/modules/modules.json": json.dumps({"Modules": called}),
        ".terraform/modules/far/far.tf": "far",
        "../net/net.tf": "near",
        PROVIDER: "a binary",
    }.items():
        made.write(name, text)
    return made


def touch(made: Made, name: str) -> None:
    os.utime(made.module / name, (1, 1))


CHANGES: dict[str, Callable[[Made], None]] = {
    "the lock file": lambda made: made.write(".terraform.lock.hcl", "other"),
    "a lock file that is gone": lambda made: (made.module / ".terraform.lock.hcl").unlink(),
    "provider requirements": lambda made: made.write("main.tf", "required_providers"),
    "a new file": lambda made: made.write("versions.tf", ""),
    "a file that is gone": lambda made: (made.module / "main.tf").unlink(),
    "a file in JSON": lambda made: made.write("more.tf.json", "{}"),
    "OpenTofu's own file": lambda made: made.write("more.tofu", ""),
    "a module of this repository": lambda made: made.write("../net/net.tf", "changed"),
    "a new file in it": lambda made: made.write("../net/more.tf", ""),
    "a module from elsewhere": lambda made: made.write(".terraform/modules/far/far.tf", "changed!"),
    "the list of modules": lambda made: made.write(".terraform/modules/modules.json", '{"Modules": []}'),
    "the backend that was set up": lambda made: made.write(".terraform/terraform.tfstate", '{"backend": 1}'),
    "the workspace": lambda made: made.write(".terraform/environment", "green"),
    "a provider that is gone": lambda made: (made.module / PROVIDER).unlink(),
    "a provider of another size": lambda made: made.write(PROVIDER, "another binary"),
    "a provider that was put back": lambda made: touch(made, PROVIDER),
    "values of variables": lambda made: made.write("x.auto.tfvars", "a = 2"),
    "the user's own settings": lambda made: made.write("../home/.terraformrc", "x"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_of_what_init_looks_at_is_seen(made: Made, change: Callable[[Made], None]) -> None:
    before = made.seen()
    assert before is not None
    assert made.seen() == before
    change(made)
    assert made.seen() != before


def test_another_engine_version_or_program_is_seen(made: Made) -> None:
    others = ({"version": "1.11.5"}, {"name": "tofu"}, {"argv": ("/opt/terraform",)})
    seen = {made.seen(ENGINE.model_copy(update=other)) for other in others}
    assert len(seen | {made.seen()}) == 4


def test_another_environment_is_seen_and_credentials_are_not_looked_at(made: Made, tmp_path: Path) -> None:
    settings = tmp_path / "cli.tfrc"
    settings.write_text("a", encoding="utf-8")
    names = {
        "TF_WORKSPACE": "x",
        "TF_PLUGIN_CACHE_DIR": "/c",
        "TF_CLI_CONFIG_FILE": str(settings),
        "TF_VAR_a": "1",
    }
    seen = {made.seen(env={name: value}) for name, value in names.items()}
    assert len(seen | {made.seen()}) == 5
    before = made.seen(env={"TF_CLI_CONFIG_FILE": str(settings)})
    settings.write_text("b", encoding="utf-8")
    assert made.seen(env={"TF_CLI_CONFIG_FILE": str(settings)}) != before
    assert made.seen(env={"AWS_SECRET_ACCESS_KEY": "rotated hourly"}) == made.seen()


@pytest.mark.parametrize("name", ["x.tfbackend", "x.auto.tfvars", "../net/net.tf", ".terraform.lock.hcl"])
def test_a_file_larger_than_any_configuration_is_not_read_and_init_has_to_look(made: Made, name: str) -> None:
    made.write(name, "")
    os.truncate(made.module / name, 30 << 30)
    assert made.seen() is None


def test_variables_and_their_files_are_seen(made: Made, tmp_path: Path) -> None:
    file = tmp_path / "prod.tfvars"
    file.write_text("a = 1", encoding="utf-8")
    before = made.seen(files=(file,))
    file.write_text("a = 2", encoding="utf-8")
    given = made.seen(variables=(Variable(name="a", value="1"),))
    assert len({made.seen(), before, made.seen(files=(file,)), given}) == 4


def test_what_init_does_not_look_at_changes_nothing(made: Made) -> None:
    before = made.seen()
    made.write("notes.txt", "other words")
    made.write("terraform.tfstate", "{}")
    touch(made, "main.tf")
    assert made.seen() == before


def test_a_module_that_links_to_itself_comes_to_an_end(made: Made) -> None:
    (made.module / ".terraform/modules/far/loop").symlink_to(made.module / ".terraform/modules")
    assert made.seen() is not None


def test_providers_without_end_are_not_looked_at_and_init_has_to(made: Made) -> None:
    for name in ("one", "two"):  # 2^40 folders, for whoever follows both
        (made.module / ".terraform/providers" / name).symlink_to("..")
    assert made.seen() is None


@pytest.mark.parametrize(
    "text", ["", "[]", '{"Modules": 1}', '{"Modules": [{}]}', '{"Modules": [{"Dir": 1}]}']
)
def test_a_module_that_is_not_to_be_understood_has_none(made: Made, text: str) -> None:
    made.write(".terraform/modules/modules.json", text)
    assert made.seen() is None
    (made.module / "main.tf").chmod(0o600)


def test_a_called_module_that_is_gone_has_none(made: Made) -> None:
    (made.module / "../net/net.tf").unlink()
    (made.module / "../net").rmdir()
    assert made.seen() is None


@pytest.mark.parametrize(
    "name",
    ["main.tf", "x.auto.tfvars", "more.tf", "../net/net.tf", "../given.tfvars", "conf/a.tpl", "../net/b.txt"],
)
def test_an_edit_of_what_says_what_to_make_is_seen_in_its_place(made: Made, name: str) -> None:
    made.write("conf/a.tpl", "a")
    made.write("main.tf", 'locals { a = templatefile("${path.module}/conf/a.tpl", {}) }')
    made.write("../net/net.tf", 'locals { b = filebase64( "${path.module}/b.txt") }')
    given = made.module / "../given.tfvars"
    before = code_of(made.module, (given,))
    path = made.module / name
    made.write(name, path.read_text(encoding="utf-8") + " # edited" if path.is_file() else "new")
    after = code_of(made.module, (given,))
    assert {at for at in before.keys() | after if before.get(at) != after.get(at)} == {name}


def test_what_an_apply_leaves_in_the_module_is_no_edit(made: Made) -> None:
    before = code_of(made.module, ())
    for name in ("terraform.tfstate", "kubeconfig", "notes.txt", ".terraform/terraform.tfstate"):
        made.write(name, "made")
    assert code_of(made.module, ()) == before != {}


def test_a_pipe_among_the_code_is_not_waited_for(made: Made) -> None:
    os.mkfifo(made.module / "x.auto.tfvars.json")
    assert code_of(made.module, (made.module / "x.auto.tfvars.json",))
