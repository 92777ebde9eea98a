"""What published token formats look like: a table that `diagnosis.redaction.rules` searches by.

Has clouds, code hosts and infrastructure as code. Leaves to `published_services` all
other services, and to `forms` and `command_lines` what is nobody's own. A module and
not a file of data: every run needs it, and Python keeps it compiled.
Every pattern must be linear: no quantifier over a quantifier, no unbounded run
that can fail after it was read and begin again inside itself.
"""

from __future__ import annotations

from typing import NamedTuple


class Published(NamedTuple):
    """A format, by how its secrets begin."""

    name: str
    starts: tuple[str, ...]
    """Literal texts, one of which every match begins with; searched before any pattern."""
    then: str
    """Pattern after it; where it has a group, only the group is the secret, else all of it."""
    left: str = "A-Za-z0-9"
    """Characters that may not stand before the start: a class, without brackets."""
    before: tuple[str, int] | None = None
    """A class, and how many characters of it before the start belong to the secret."""
    needs: tuple[str, ...] = ()
    """Words, one of which must stand in the text, in lower case: for starts that occur everywhere."""
    fold: bool = False
    """The case of letters does not matter; starts are then in lower case."""


def quoted(least: int) -> str:
    """A value in quotes of either kind, at least so long; to be followed by one without."""
    return rf"""(?:"([^"\n\x00]{{{least},512}})"|'([^'\n\x00]{{{least},512}})'|"""


ANY = quoted(1) + r"""([^\s"'\x00$-][^\s"'\x00]{2,511}))"""
"""A value on a command line, in quotes or not; none that a shell puts in."""
_KEY = "[A-Za-z0-9+/]"
_KEY_END = "[A-Za-z0-9+/]{3,8}={0,2}(?![A-Za-z0-9+/])"

PUBLISHED = (
    # --- clouds ---------------------------------------------------------------
    Published("aws-access-key-id", ("AKIA", "ASIA"), "[A-Z2-7]{16}(?![A-Za-z0-9])"),
    Published("aws-session-token", ("IQoJ", "FwoG"), "[A-Za-z0-9+/=]{100,}", left="A-Za-z0-9+/"),
    Published("aws-signature", ("Signature=",), "([0-9a-f]{64,})"),
    Published("aws-bedrock-key", ("ABSK",), "[A-Za-z0-9+/]{60,}={0,2}", left="A-Za-z0-9+/"),
    Published("google-api-key", ("AIza",), r"[\w-]{35}"),
    Published("google-oauth-token", ("ya29.",), r"[\w.-]{20,}"),
    Published("google-client-secret", ("GOCSPX-",), r"[\w-]{28}"),
    Published("azure-client-secret", ("Q~",), r"[\w~.-]{31,}", before=(r"[\w~.-]", 4)),
    Published(
        "azure-key-in-connection-string", ("AccountKey=", "SharedAccessKey="), "([A-Za-z0-9+/]{20,}={0,2})"
    ),
    Published("azure-shared-access-signature", ("sig=",), "([A-Za-z0-9+/%=_-]{40,})"),
    Published("alibaba-access-key-id", ("LTAI",), "[A-Za-z0-9]{12,}"),
    Published("digitalocean-token", ("dop_v1_", "doo_v1_", "dor_v1_"), "[0-9a-f]{64}"),
    Published("yandex-token", ("t1.",), r"[\w-]{20,}={0,2}\.[\w-]{80,}={0,2}"),
    Published("digitalocean-spaces-key-id", ("DO00",), "[A-Z0-9]{16}(?![A-Za-z0-9])"),
    Published("google-hmac-key-id", ("GOOG1",), "[A-Z0-9]{50,}"),
    Published("google-refresh-token", ("1//0",), r"[\w-]{40,}", left=r"\w/"),
    Published("firebase-registration", (":APA91b",), r"[\w-]{100,}", left=""),
    Published("amazon-marketplace-token", ("amzn.mws.",), "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    # Azure writes a mark of the service into its keys, at the same place of each.
    Published("azure-storage-key", ("+AStt",), _KEY_END, before=(_KEY, 76)),
    Published("azure-cosmos-key", ("ACDb",), _KEY_END, before=(_KEY, 76)),
    Published("azure-devops-token", ("AZDO",), "[A-Za-z0-9]{4}(?![A-Za-z0-9])", before=("[A-Za-z0-9]", 76)),
    Published("azure-ai-key", ("JQQJ99",), "[A-Za-z0-9]{20,}", before=("[A-Za-z0-9]", 52)),
    Published("azure-function-key", ("AzFu",), _KEY_END, before=(r"[\w+/-]", 44)),
    Published("azure-registry-or-search-key", ("+ACR", "AzSe"), _KEY_END, before=(_KEY, 42)),
    Published("azure-bus-key", ("+AEh", "+ASb", "AIoT"), _KEY_END, before=(_KEY, 33)),
    Published("entra-refresh-token", ("0.A", "1.A"), r"[\w-]{20,}[\w.-]{80,}", left=r"\w.-"),
    Published("tencent-key-id", ("AKID",), "[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
    Published("volcengine-key-id", ("AKLT",), "[A-Za-z0-9]{40,}"),
    Published("scaleway-key-id", ("SCW",), "[A-Z0-9]{17}(?![A-Za-z0-9])", left=r"\w-"),
    Published("exoscale-key-id", ("EXO",), "[0-9a-f]{24}(?![A-Za-z0-9])", left=r"\w-"),
    Published("yandex-oauth-token", ("y0_", "y1_"), r"[\w-]{50,}"),
    Published("yandex-api-key", ("AQVN",), r"[\w-]{35,}", left=r"\w+/=-"),
    Published("yandex-static-key-id", ("YCAJE",), r"[\w-]{20}(?![\w-])", left=r"\w-"),
    Published("yandex-static-key", ("YCM", "YCN", "YCO", "YCP"), r"[\w-]{37}(?![\w-])", left=r"\w-"),
    Published("fly-token", ("fm1r_", "fm1a_", "fm2_", "fo1_"), r"[\w+/-]{40,}={0,2}"),
    Published("render-token", ("rnd_",), "[A-Za-z0-9]{28,}"),
    Published("netlify-token", ("nfp_",), "[A-Za-z0-9]{36,}"),
    Published("vercel-token", ("vcp_", "vci_", "vca_", "vcr_", "vck_"), "[A-Za-z0-9]{24,}"),
    Published("supabase-token", ("sbp_", "sb_secret_"), r"(?=[a-z_-]{0,40}[A-Z0-9])[\w-]{31,}"),
    Published("cloudflare-token", ("cfut_", "cfat_", "cfk_"), "[A-Za-z0-9]{40,}"),
    Published("cloudflare-tunnel-token", ("eyJhIjoi", "eyJhIjog"), "[A-Za-z0-9+/]{80,}={0,2}", left=r"\w+/-"),
    Published("cloudflare-origin-key", ("v1.0-",), "[0-9a-f]{24}-[0-9a-f]{146}"),
    Published("heroku-token", ("HRKU-AA",), r"[\w-]{50,}"),
    # --- code hosts, registries, CI --------------------------------------------
    Published("github-token", ("ghp_", "gho_", "ghs_", "ghr_", "ghu_"), "[A-Za-z0-9]{36,}"),
    Published("github-fine-grained-token", ("github_pat_",), r"\w{70,}"),
    Published(
        "gitlab-token",
        (
            *("glpat-", "glrt-", "gldt-", "glptt-", "glcbt-", "glft-", "glsoat-", "glagent-"),
            *("glimt-", "glffct-", "gloas-", "glwt-", "GR1348941"),
        ),
        r"[\w.-]{20,}",
    ),
    Published("bitbucket-app-password", ("ATBB",), "[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
    Published("atlassian-token", ("ATATT3", "ATCTT3"), r"[\w=-]{100,}"),
    Published("npm-token", ("npm_",), "[A-Za-z0-9]{36}"),
    Published("pypi-token", ("pypi-AgE",), r"[\w-]{50,}"),
    Published("rubygems-token", ("rubygems_",), "[0-9a-f]{48}"),
    Published("docker-token", ("dckr_pat_", "dckr_oat_"), r"[\w-]{27,}"),
    Published("circleci-token", ("CCIPAT_", "CCIPRJ_"), "[A-Za-z0-9]{22}_[0-9a-f]{40}"),
    Published(
        "buildkite-token", ("bkua_", "bkpt_", "bkaj_", "bkct_"), r"(?=[a-z_-]{0,40}[A-Z0-9])[\w-]{40,}"
    ),
    Published("crates-token", ("cio",), "(?=[A-Za-z]{0,31}[0-9])[A-Za-z0-9]{32}(?![A-Za-z0-9])", left=r"\w-"),
    Published("nuget-key", ("oy2",), "[a-z0-9]{43}(?![A-Za-z0-9])", left=r"\w-"),
    Published("clojars-token", ("CLOJARS_",), "[a-z0-9]{60}"),
    Published("packagist-token", ("packagist_",), "[a-z]{2,4}_[0-9a-f]{40,}"),
    Published("artifactory-key", ("AKCp",), "[A-Za-z0-9]{60,}"),
    Published("artifactory-token", ("cmVmdGtu",), "[A-Za-z0-9]{50,}", left=r"\w+/"),
    Published("sonar-token", ("sqp_", "squ_", "sqa_"), "[0-9a-f]{40}"),
    Published("harness-token", ("pat.", "sat."), r"[\w-]{22}\.[0-9a-f]{24}\.[A-Za-z0-9]{20}", left=r"\w.-"),
    Published("octopus-key", ("API-",), "(?=[A-Z]{0,30}[0-9])[A-Z0-9]{25,}(?![A-Za-z0-9-])", left=r"\w-"),
    # --- HashiCorp and infrastructure as code ----------------------------------
    Published("hcp-terraform-token", (".atlasv1.",), r"[\w=-]{60,}", before=("[A-Za-z0-9]", 14)),
    Published("vault-token", ("hvs.", "hvb.", "hvr."), r"[\w-]{24,}"),
    Published(
        "vault-legacy-token",
        ("s.",),
        r"(?=[a-z]{0,23}[A-Z0-9])[A-Za-z0-9]{24}(?![\w.-])",
        left=r"\w./-",
        needs=("vault",),
    ),
    Published("pulumi-token", ("pul-",), "[0-9a-f]{40}"),
    Published("prefect-key", ("pnu_", "pnb_"), "[A-Za-z0-9]{36}"),
    Published("openshift-token", ("sha256~",), r"[\w-]{43}"),
    Published("k3s-token", ("K10",), r"[0-9a-f]{64}::[\w:-]{1,32}:[0-9a-f]{16,}"),
    Published("rancher-token", ("token-",), "[a-z0-9]{5}:[a-z0-9]{50,}", left=r"\w-"),
    Published("infracost-key", ("ico-",), "[A-Za-z0-9]{32}"),
)
