"""The secret values of a module's variables: by a variable's name, or because it is marked `sensitive`.

Terraform hides a marked value only until a provider computes something from it:
the `output` of a `terraform_data` is shown in full. Decides where values stand:
flags, `TF_VAR_*` and variable files. Leaves to others: which variables are
marked, and what the code gives to them (`planner.declared`), which names are
secret (`planner.wiring`), and values that providers make up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from contracts.run import RunRequest
from planner.declared import Declared, read
from planner.expressions import ASSIGNED, expression, leaves, literals, mapping
from planner.wiring import secret_values
from planner.written_secrets import written_secrets
from subagents.terraform.code_files import files

_PREFIX = "TF_VAR_"


def values_of_module(request: RunRequest, env: Mapping[str, str]) -> set[str]:
    """What the module's secret variables are set to, or are by default."""
    found = secret_values({}, request.variables)
    names, by_code = Declared(request.module).secrets()
    found |= by_code
    given = [(variable.name, variable.value) for variable in request.variables]
    given += [(name[len(_PREFIX) :], said) for name, said in env.items() if name.startswith(_PREFIX)]
    for name, said in given:
        found.update(written_secrets(said))
        if name in names:
            found.update((said, *literals(said)))
    for path in (*files(request.module, (".tfvars", ".tfvars.json")), *request.var_files):
        found.update(_assigned(path, names))
    return found


def _assigned(path: Path, names: set[str]) -> Iterator[str]:
    """What a variable file sets these variables to."""
    text = read(path)
    yield from written_secrets(text)
    if path.suffix == ".json":
        for name, value in mapping(text).items():
            if name in names:
                yield from leaves(value)
        return
    for found in ASSIGNED.finditer(text):
        if found["name"] in names:
            yield from literals(expression(text, found.end(), ASSIGNED))
