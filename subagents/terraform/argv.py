"""Which arguments a request becomes. Pure; the environment is decided in `environment`."""

from __future__ import annotations

from typing import assert_never

from contracts.terraform import (
    ApplyRequest,
    Engine,
    InitRequest,
    OutputRequest,
    PlanRequest,
    TerraformRequest,
)


def argv_of(request: TerraformRequest, engine: Engine) -> tuple[str, ...]:
    """The whole command line; the working directory is the module."""
    match request:
        case InitRequest():
            form = "-json" if engine.init_json else "-no-color"
            arguments = ["init", form, "-input=false"]
        case PlanRequest():
            arguments = ["plan", "-json", "-input=false"]
            if request.destroy:
                arguments.append("-destroy")
            arguments += [f"-var-file={path}" for path in request.var_files]
            for variable in request.variables:
                arguments += ["-var", f"{variable.name}={variable.value}"]
            if request.plan_file is not None:
                arguments.append(f"-out={request.plan_file}")
        case ApplyRequest():
            arguments = ["apply", "-json", "-input=false", str(request.plan_file)]
        case OutputRequest():
            arguments = ["output", "-json"]
        case _:
            assert_never(request)
    return (*engine.argv, *arguments)
