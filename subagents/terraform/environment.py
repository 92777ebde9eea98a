"""What of the user's environment Terraform may see: an allow-list. Pure.

Refused by not being listed: `TF_CLI_ARGS*`, `TF_LOG*`, `TF_DATA_DIR`,
`TF_REATTACH_PROVIDERS`, `LD_*` and whatever else changes what Terraform does
behind planner's back. Credentials of providers pass by their shape,
since nobody can list every provider; planner's own, its models' and its traces' do not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_EXACT = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TMP", "TEMP", "LANG", "LANGUAGE", "TZ"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "NETRC", "SSH_AUTH_SOCK", "GNUPGHOME"),
        *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"),
        *("http_proxy", "https_proxy", "no_proxy", "all_proxy"),
        *("TF_WORKSPACE", "TF_PLUGIN_CACHE_DIR", "TF_CLI_CONFIG_FILE", "TF_REGISTRY_DISCOVERY_RETRY"),
        *("TF_REGISTRY_CLIENT_TIMEOUT", "TF_STATE_PERSIST_INTERVAL", "TF_ENCRYPTION", "TF_APPEND_USER_AGENT"),
        *("KUBECONFIG", "DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "DOCKER_CONFIG"),
        *("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"),
    }
)
_PREFIXES = (
    *("TF_VAR_", "TF_TOKEN_", "TF_HTTP_", "LC_", "GIT_"),
    *("AWS_", "GOOGLE_", "GCLOUD_", "CLOUDSDK_", "GCE_", "ARM_", "AZURE_", "AZUREAD_", "MSI_", "IDENTITY_"),
    *("KUBE_", "HELM_", "PROXMOX_", "PM_", "VAULT_", "CONSUL_", "NOMAD_", "BOUNDARY_", "HCP_", "TFE_"),
    *("GITHUB_", "GITLAB_", "BITBUCKET_", "CLOUDFLARE_", "DIGITALOCEAN_", "SPACES_", "DD_", "DATADOG_"),
    *("OCI_", "HCLOUD_", "LINODE_", "SCW_", "OVH_", "OS_", "VSPHERE_", "LIBVIRT_", "NUTANIX_", "YC_"),
    *("ALICLOUD_", "ALIBABA_CLOUD_", "TENCENTCLOUD_", "HW_", "IBMCLOUD_", "IC_", "EXOSCALE_", "VULTR_"),
    *("PG", "MYSQL_", "MONGODB_", "SNOWFLAKE_", "DATABRICKS_", "GRAFANA_", "NEW_RELIC_", "PAGERDUTY_"),
)
_CREDENTIAL = re.compile(
    r"[A-Z][A-Z0-9_]*_(?:TOKEN|API_KEY|KEY|SECRET|PASSWORD|USERNAME|USER|ENDPOINT|URL|HOST|REGION|INSECURE)"
)
TARGETS = re.compile(
    r"KUBECONFIG|KUBE_(?:CTX(?:_\w+)?|CONFIG_PATHS?|HOST|NAMESPACE)|AWS_(?:CONFIG|SHARED_CREDENTIALS)_FILE"
    r"|AWS_ENDPOINT_URL(?:_\w+)?|ARM_ENVIRONMENT|OS_(?:CLOUD|AUTH_URL|(?:PROJECT|TENANT|(?:USER_|PROJECT_)?DOMAIN)_NAME)"
    r"|(?:VAULT|NOMAD|CONSUL)(?:_HTTP)?_(?:ADDR|NAMESPACE)|VSPHERE_SERVER|PM_API_URL|PROXMOX_VE_ENDPOINT|DOCKER_HOST"
    r"|PG(?:HOST|HOSTADDR|PORT|DATABASE|SERVICE)|MYSQL_ENDPOINT|(?:GITHUB|GITLAB)_(?:OWNER|ORGANIZATION|BASE_URL)"
)
"""What says which system a provider works on; each names the same one in every job of a CI."""
_NEVER = (
    *("PLANNER_", "ANTHROPIC_", "OPENAI_", "OTEL_", "AWS_BEARER_TOKEN_BEDROCK"),
    *("TF_CLI_ARGS", "TF_LOG", "LD_", "DYLD_", "PYTHON", "BASH_"),
)

_PLENTY_BYTES = 3 << 30
"""A provider takes 0.8 GB, and 1.1 GB with rarer collections."""
_OURS = {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"}


def passes(name: str) -> bool:
    """Whether a variable of this name reaches Terraform."""
    if name.startswith(_NEVER):
        return False
    return name in _EXACT or name.startswith(_PREFIXES) or _CREDENTIAL.fullmatch(name) is not None


def environment_of(inherited: Mapping[str, str], *, is_file: Callable[[str], bool]) -> dict[str, str]:
    """The child's whole environment.

    A `TF_CLI_CONFIG_FILE` that names a missing file is dropped: Terraform would
    warn on every command and use its defaults anyway.
    """
    env = {name: value for name, value in inherited.items() if passes(name)}
    config = env.get("TF_CLI_CONFIG_FILE")
    if config is not None and not is_file(config):
        del env["TF_CLI_CONFIG_FILE"]
    return env | _OURS


def roomy(environment: Mapping[str, str], spare_bytes: int) -> dict[str, str]:
    """The child's environment with rarer garbage collections, where there is memory to spare (ADR 0034).

    Each process collects as usual once it comes near its share.
    """
    if spare_bytes < _PLENTY_BYTES:
        return dict(environment)
    return {**environment, "GOGC": "400", "GOMEMLIMIT": str(spare_bytes // 4)}


def signed(environment: Mapping[str, str], caller: str, traceparent: str | None) -> dict[str, str]:
    """The child's environment with who calls, for a cloud's audit log, and the trace it belongs to.

    `caller` is added to what the user has Terraform and its providers say of themselves.
    """
    says = f"{environment.get('TF_APPEND_USER_AGENT', '')} {caller}".strip()
    trace = {} if traceparent is None else {"TRACEPARENT": traceparent}
    return {**environment, "TF_APPEND_USER_AGENT": says, **trace}
