"""What published token formats look like: a table that `diagnosis.redaction.rules` searches by.

Leaves to `diagnosis.redaction.forms` what is nobody's own. A module and not a file of
data: every run needs it, and Python keeps it compiled.
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


PUBLISHED = (
    # --- clouds ---------------------------------------------------------------
    Published("aws-access-key-id", ("AKIA", "ASIA"), "[A-Z2-7]{16}(?![A-Za-z0-9])"),
    Published("aws-session-token", ("IQoJ", "FwoG"), "[A-Za-z0-9+/=]{100,}", left="A-Za-z0-9+/"),
    Published("aws-signature", ("Signature=",), "([0-9a-f]{64})"),
    Published("aws-bedrock-key", ("ABSK",), "[A-Za-z0-9+/]{60,}={0,2}", left="A-Za-z0-9+/"),
    Published("google-api-key", ("AIza",), r"[\w-]{35}"),
    Published("google-oauth-token", ("ya29.",), r"[\w.-]{20,}"),
    Published("google-client-secret", ("GOCSPX-",), r"[\w-]{28}"),
    Published("azure-client-secret", ("Q~",), r"[\w~.-]{31,}", before=(r"[\w~.-]", 4)),
    Published(
        "azure-key-in-connection-string", ("AccountKey=", "SharedAccessKey="), "([A-Za-z0-9+/]{20,}={0,2})"
    ),
    Published("azure-shared-access-signature", ("sig=",), "([A-Za-z0-9+/%=]{40,})"),
    Published("alibaba-access-key-id", ("LTAI",), "[A-Za-z0-9]{12,}"),
    Published("digitalocean-token", ("dop_v1_", "doo_v1_", "dor_v1_"), "[0-9a-f]{64}"),
    Published("yandex-token", ("t1.",), r"[\w-]{20,}={0,2}\.[\w-]{80,}={0,2}"),
    Published("cloudflare-origin-key", ("v1.0-",), "[0-9a-f]{24}-[0-9a-f]{146}"),
    Published("heroku-token", ("HRKU-AA",), r"[\w-]{50,}"),
    # --- code hosts, registries, CI --------------------------------------------
    Published("github-token", ("ghp_", "gho_", "ghs_", "ghr_", "ghu_"), "[A-Za-z0-9]{36,}"),
    Published("github-fine-grained-token", ("github_pat_",), r"\w{70,}"),
    Published(
        "gitlab-token",
        ("glpat-", "glrt-", "gldt-", "glptt-", "glcbt-", "glft-", "glsoat-", "glagent-"),
        r"[\w.-]{20,}",
    ),
    Published("bitbucket-app-password", ("ATBB",), "[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
    Published("atlassian-token", ("ATATT3", "ATCTT3"), r"[\w=-]{100,}"),
    Published("npm-token", ("npm_",), "[A-Za-z0-9]{36}"),
    Published("pypi-token", ("pypi-AgE",), r"[\w-]{50,}"),
    Published("rubygems-token", ("rubygems_",), "[0-9a-f]{48}"),
    Published("docker-token", ("dckr_pat_", "dckr_oat_"), r"[\w-]{27,}"),
    Published("circleci-token", ("CCIPAT_", "CCIPRJ_"), "[A-Za-z0-9]{22}_[0-9a-f]{40}"),
    Published("buildkite-token", ("bkua_",), "[0-9a-f]{40}"),
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
    Published("infracost-key", ("ico-",), "[A-Za-z0-9]{32}"),
    # --- language models --------------------------------------------------------
    Published("model-key", ("sk-",), r"(?=[a-z_-]{0,40}[A-Z0-9])[\w-]{32,}", left=r"\w.-"),
    Published("hugging-face-token", ("hf_",), "[A-Za-z0-9]{34}"),
    Published("groq-key", ("gsk_",), "[A-Za-z0-9]{50,}"),
    Published("replicate-token", ("r8_",), "[A-Za-z0-9]{37}"),
    # --- services ----------------------------------------------------------------
    Published("slack-token", ("xoxb-", "xoxa-", "xoxp-", "xoxr-", "xoxs-", "xoxe-", "xapp-"), r"[\w-]{20,}"),
    Published("slack-webhook", ("hooks.slack.com/",), r"(?:services|workflows|triggers)/([\w/-]{20,})"),
    Published(
        "stripe-key", ("sk_live_", "rk_live_", "sk_test_", "rk_test_", "whsec_"), "[A-Za-z0-9+/=]{16,}"
    ),
    Published("twilio-key", ("SK",), r"[0-9a-f]{32}(?![\w+/])", left=r"\w+/=.-"),
    Published("sendgrid-key", ("SG.",), r"[\w-]{22}\.[\w-]{43}"),
    Published("mailgun-key", ("key-",), r"[0-9a-f]{32}(?![\w-])", left=r"\w-"),
    Published(
        "datadog-key",
        ("dd_app_key", "dd_api_key", "dd-application-key", "dd-api-key"),
        r"""["']?[ \t]{0,8}[:=]?[ \t]{0,8}["']?([0-9a-f]{32,40})""",
        fold=True,
    ),
    Published("new-relic-key", ("NRAK-", "NRJS-", "NRII-"), "[A-Za-z0-9]{19,}"),
    Published("grafana-service-account-token", ("glsa_",), "[A-Za-z0-9]{32}_[0-9A-Fa-f]{8}"),
    Published("grafana-cloud-token", ("glc_",), "[A-Za-z0-9+/]{32,}={0,2}"),
    Published("okta-token", ("00",), r"[\w-]{40}(?![\w-])", left=r"\w+/=.-", needs=("okta",)),
    Published("databricks-token", ("dapi",), r"[0-9a-f]{32}(?:-\d)?"),
    Published("sentry-token", ("sntrys_", "sntryu_"), "[A-Za-z0-9+/=_-]{40,}"),
    Published("tailscale-key", ("tskey-",), r"[\w-]{20,}"),
    Published(
        "launchdarkly-key", ("sdk-", "mob-"), "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", left=r"\w-"
    ),
    Published(
        "doppler-token", ("dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."), r"[\w.-]{40,}"
    ),
    Published("1password-service-account-token", ("ops_eyJ",), r"[\w=+/-]{200,}"),
    Published("age-secret-key", ("AGE-SECRET-KEY-1",), "[A-Z0-9]{58}"),
    Published("telegram-bot-token", (":AA",), r"[\w-]{33}", before=("[0-9]", 8)),
    Published("ngrok-token", ("2",), "[A-Za-z0-9]{26}_[A-Za-z0-9]{21}", left=r"\w+/=.-", needs=("ngrok",)),
    Published("square-token", ("EAAA",), r"[\w-]{56,}", left=r"\w+/=.-"),
    Published("planetscale-token", ("pscale_pw_", "pscale_tkn_", "pscale_oauth_"), r"[\w.=-]{32,}"),
    Published("shopify-token", ("shpat_", "shpss_", "shpca_", "shppa_"), "[0-9a-fA-F]{32}"),
    Published("linear-key", ("lin_api_",), "[A-Za-z0-9]{40}"),
    Published("swarm-token", ("SWMTKN-1-",), "[a-z0-9]{40,60}-[a-z0-9]{20,30}"),
    Published(
        "discord-webhook",
        ("discord.com/api/webhooks/", "discordapp.com/api/webhooks/"),
        r"[0-9]{5,24}/([\w-]{20,128})",
    ),
    Published("teams-webhook", ("webhook.office.com/webhookb2/",), r"([\w@/-]{20,512})"),
)
