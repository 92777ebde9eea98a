"""Request → arguments, both ends of each: all defaults, and every option."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from contracts.terraform import (
    ApplyRequest,
    Engine,
    InitRequest,
    OutputRequest,
    PlanRequest,
    TerraformRequest,
    Variable,
)
from subagents.terraform.argv import argv_of
from subagents.terraform.environment import environment_of, passes, roomy

NEW = Engine(name="terraform", version="1.11.4", argv=("/t",), init_json=True)
OLD = NEW.model_copy(update={"init_json": False, "argv": ("/p", "-I", "/shim")})
M, T = Path("/m"), timedelta(minutes=1)
CASES: dict[str, tuple[TerraformRequest, Engine, tuple[str, ...]]] = {
    "init": (InitRequest(module=M, timeout=T), NEW, ("/t", "init", "-json", "-input=false")),
    "init of an engine whose init speaks no JSON": (
        InitRequest(module=M, timeout=T),
        OLD,
        ("/p", "-I", "/shim", "init", "-no-color", "-input=false"),
    ),
    "a plan that only looks": (
        PlanRequest(module=M, timeout=T),
        NEW,
        ("/t", "plan", "-json", "-input=false"),
    ),
    "a plan with everything": (
        PlanRequest(
            module=M,
            timeout=T,
            destroy=True,
            var_files=(Path("/v.tfvars"),),
            variables=(Variable(name="a", value='["b c"]'),),
            plan_file=Path("/p"),
        ),
        NEW,
        (
            *("/t", "plan", "-json", "-input=false", "-destroy", "-var-file=/v.tfvars"),
            *("-var", 'a=["b c"]', "-out=/p"),
        ),
    ),
    "an apply is of a saved plan only": (
        ApplyRequest(module=M, timeout=T, plan_file=Path("/p")),
        NEW,
        ("/t", "apply", "-json", "-input=false", "/p"),
    ),
    "ephemeral values are in no saved plan": (
        ApplyRequest(
            module=M,
            timeout=T,
            plan_file=Path("/p"),
            variables=(Variable(name="a", value="b"),),
            var_files=(Path("/v.tfvars"),),
        ),
        NEW,
        ("/t", "apply", "-json", "-input=false", "-var-file=/v.tfvars", "-var", "a=b", "/p"),
    ),
    "output": (OutputRequest(module=M, timeout=T), NEW, ("/t", "output", "-json")),
}


@pytest.mark.parametrize(("request_", "engine", "argv"), CASES.values(), ids=CASES.keys())
def test_a_request_becomes_these_arguments(
    request_: TerraformRequest, engine: Engine, argv: tuple[str, ...]
) -> None:
    assert argv_of(request_, engine) == argv


def test_the_value_of_a_variable_is_not_in_its_representation() -> None:
    assert "canary" not in repr(Variable(name="a", value="canary"))


REFUSED = (
    *("TF_CLI_ARGS", "TF_CLI_ARGS_plan", "TF_LOG", "TF_LOG_PATH", "TF_DATA_DIR", "TF_REATTACH_PROVIDERS"),
    *("LD_PRELOAD", "LD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "PYTHONPATH", "BASH_ENV", "EDITOR", "PWD"),
    *("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "AWS_BEARER_TOKEN_BEDROCK", "PLANNER_HOME"),
    *("TF_INPUT", "TF_IN_AUTOMATION", "GOGC"),
)
PASSED = (
    *("PATH", "HOME", "LC_ALL", "https_proxy", "SSL_CERT_FILE", "SSH_AUTH_SOCK", "KUBECONFIG"),
    *("TF_VAR_anything", "TF_TOKEN_app_terraform_io", "TF_HTTP_PASSWORD", "TF_WORKSPACE"),
    *("AWS_PROFILE", "GOOGLE_CREDENTIALS", "ARM_CLIENT_ID", "PROXMOX_VE_API_TOKEN", "NETBOX_API_TOKEN"),
    *("SOMETHING_NEW_PASSWORD", "FOO_TOKEN"),
)


@pytest.mark.parametrize("name", REFUSED)
def test_what_changes_terraform_behind_our_back_is_refused(name: str) -> None:
    assert not passes(name)


@pytest.mark.parametrize("name", PASSED)
def test_what_a_provider_needs_passes(name: str) -> None:
    assert passes(name)


def test_a_cli_configuration_that_does_not_exist_is_dropped() -> None:
    inherited = {"TF_CLI_CONFIG_FILE": "/there", "PATH": "/bin"}
    assert "TF_CLI_CONFIG_FILE" not in environment_of(inherited, is_file=lambda _: False)
    kept = environment_of(inherited, is_file=lambda path: path == "/there")
    assert kept["TF_CLI_CONFIG_FILE"] == "/there"
    assert (kept["TF_IN_AUTOMATION"], kept["TF_INPUT"], kept["CHECKPOINT_DISABLE"]) == ("1", "0", "1")


def test_garbage_waits_where_there_is_memory() -> None:
    assert roomy({"A": "b"}, 8 << 30) == {"A": "b", "GOGC": "400", "GOMEMLIMIT": str(2 << 30)}
    assert roomy({"A": "b"}, 2 << 30) == {"A": "b"}
