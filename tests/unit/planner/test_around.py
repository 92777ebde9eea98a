"""What belongs to a module beside the files that a fix may edit."""

from __future__ import annotations

import json
from pathlib import Path

from planner.around import around_of

EMPTY = 'output "o" {\n  value = 1\n}\n'


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_it_is_all_that_terraform_reads_and_no_fix_edits(tmp_path: Path) -> None:
    module = tmp_path / "module"
    called = {"Modules": [{"Key": "", "Dir": "."}, {"Key": "net", "Dir": ".terraform/modules/net"}]}
    write(
        tmp_path,
        {
            "module/main.tf": 'module "s" {\n  source = "../shared"\n}\n',
            "module/more.tf.json": '{"module": {"t": {"source": "./inner"}}}',
            "module/inner/main.tofu": EMPTY,
            "module/notes/other.tf.json": "{}",
            "module/.terraform/modules/modules.json": json.dumps(called),
            "module/.terraform/modules/net/main.tf": EMPTY,
            "shared/main.tf": 'module "u" {\n  source = "../further"\n}\n',
            "further/main.tf": EMPTY,
            "common.tf": EMPTY,
            "unrelated/main.tf": EMPTY,
        },
    )
    (module / "linked.tf").symlink_to(tmp_path / "common.tf")
    around = around_of(module, {"main.tf", "notes/a.tf"})
    assert around.files.keys() == {
        *("more.tf.json", "linked.tf", "inner/main.tofu", "notes/other.tf.json"),
        *("../shared/main.tf", "../further/main.tf", ".terraform/modules/net/main.tf"),
    }
    assert around.called == {"net": ".terraform/modules/net"}


def test_a_folder_that_leads_to_itself_ends(tmp_path: Path) -> None:
    write(tmp_path, {"main.tf": 'module "m" {\n  source = "./"\n}\nmodule "n" {\n  source = "./gone"\n}\n'})
    assert around_of(tmp_path, set()).files.keys() == {"main.tf"}
