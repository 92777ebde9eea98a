"""Which arguments a request becomes. Pure; the environment is decided in `environment`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import assert_never

from contracts.terraform import (
    ApplyRequest,
    Engine,
    InitMode,
    InitRequest,
    OutputRequest,
    PlanRequest,
    ShowRequest,
    TerraformRequest,
    Variable,
)

_MODES = {
    InitMode.PLAIN: (),
    InitMode.READONLY: ("-lockfile=readonly",),
    InitMode.UPGRADE: ("-upgrade",),
    InitMode.RECONFIGURE: ("-reconfigure",),
}


def argv_of(request: TerraformRequest, engine: Engine) -> tuple[str, ...]:
    """The whole command line; the working directory is the module."""
    match request:
        case InitRequest():
            form = "-json" if engine.init_json else "-no-color"
            arguments = ["init", form, "-input=false", *_MODES[request.mode]]
        case PlanRequest():
            arguments = ["plan", "-json", "-input=false"]
            if request.destroy:
                arguments.append("-destroy")
            arguments += [f"-replace={address}" for address in request.replace]
            arguments += inputs(request.variables, request.var_files)
            if request.plan_file is not None:
                arguments.append(f"-out={request.plan_file}")
        case ApplyRequest():
            given = inputs(request.variables, request.var_files)
            arguments = ["apply", "-json", "-input=false", *given, str(request.plan_file)]
        case OutputRequest():
            arguments = ["output", "-json"]
        case ShowRequest():
            arguments = ["show", "-json", str(request.plan_file)]
        case _:
            assert_never(request)
    return (*engine.argv, *arguments)


def inputs(variables: Sequence[Variable], files: Sequence[Path]) -> Iterator[str]:
    """Input variables as every command takes them; what is set by itself wins over the files."""
    for path in files:
        yield f"-var-file={path}"
    for variable in variables:
        yield from ("-var", f"{variable.name}={variable.value}")
