"""A run goes on against the system it began with."""

from __future__ import annotations

import pytest

from contracts.errors import ModuleError
from planner.surroundings import chosen, refuse_otherwise

TARGETS = [
    *("TF_VAR_size", "AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_ENDPOINT_URL_S3", "ARM_SUBSCRIPTION_ID"),
    *("KUBECONFIG", "KUBE_CONFIG_PATH", "KUBE_CONFIG_PATHS", "KUBE_CTX_CLUSTER", "KUBE_HOST", "DOCKER_HOST"),
    *("VAULT_ADDR", "VAULT_NAMESPACE", "CONSUL_HTTP_ADDR", "OS_CLOUD", "OS_PROJECT_NAME", "PGHOST"),
    *("VSPHERE_SERVER", "PM_API_URL", "GITHUB_OWNER"),
]


@pytest.mark.parametrize("name", TARGETS)
def test_a_run_does_not_go_on_against_another_system(name: str) -> None:
    began = chosen({name: "one", "PATH": "/bin"})
    refuse_otherwise(began, {name: "one", "PATH": "/usr/bin"})
    for now in ({name: "other"}, {}):
        with pytest.raises(ModuleError, match=name):
            refuse_otherwise(began, now)


@pytest.mark.parametrize(
    "name", ["AWS_SECRET_ACCESS_KEY", "VAULT_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "HOME"]
)
def test_a_credential_and_a_job_may_be_another(name: str) -> None:
    refuse_otherwise(chosen({name: "one"}), {name: "other"})
