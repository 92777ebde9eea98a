"""What arguments and resources are there for, told by the stems of their names: data, and nothing but data.

Of such a thing a failure may need a spelling mended; another value is a choice,
whatever the failure says. Which change is a spelling is `edit_choices`' to say.
"""

from __future__ import annotations

import re

_NAMED = {
    "what is paid for it": (
        r"billing|tenancy|market|spot|licen[cs]e|pricing|provisioning_model|capacity_type|priority|limit_amount"
    ),
    "what is watched, and when somebody is told": (
        r"alarms?|alerts?|monitor(?:s|ing)?|thresholds?|evaluation|comparison_operator|missing_data|insights"
        r"|notif\w+|severity|no_data|detect\w*|finding\w*|metrics?"
    ),
    "who is told, and where things are sent": (
        r"e?mails?|phone|webhooks?|endpoints?|receivers?|recipients?|subscri\w+|contacts?|pager\w*|callback\w*"
        r"|destinations?|forward\w*|sinks?|topics?_arn"
    ),
    "how long, or how often, something is kept": (
        r"ret(?:ention|ain)\w*|backups?|snapshots?|expir\w+|delete_after|schedules?|recovery|immutab\w+"
        r"|mutability|archive|count_number|worm|legal_hold|replication|failover|multi_region\w*|hold"
    ),
    "what is logged": (
        r"log|logs|logging|loggers?|audit\w*|trails?|sampling|traffic_type|trac(?:e|es|ing)|verbosity"
    ),
    "how something is encrypted": (
        r"\w*encrypt\w*|kms|cmk|cmek|sse|cipher\w*|curve|client_broker|tls|ssl|certificates?|security_policy|https"
        r"|signing|hsm|plaintext|min_protocol\w*|minimum_protocol\w*"
    ),
    "who reaches it": (
        r"public\w*|internal|external|scheme|ingress_settings|expos\w+|ownership|visibility(?!_timeout)"
        r"|rule_number|source_address_\w+|direction"
        r"|origins?|cors|anonymous|allow(?:ed)?_\w+|whitelist|trust\w*|ip_forward|peering"
    ),
    "who may do what": (
        r"auth\w*|mfa|2fa|sso|saml|oidc|permissions?|role_ref|verbs|principals?|conditions?|scopes?"
        r"|service_accounts?(?:_name)?"
        r"|local_account\w*|consent|identity|privileges?|access_\w+|admin\w*|sudo|grants?"
        r"|roles?(?:_ids?|_arns?|_names?)?|(?:user_|iam_)?groups|users|members?|collaborators?"
    ),
    "what a policy allows": r"statements?",
    "what runs, and where": r"integration_uri|task_definition|option_group(?:_name)?|runtime_class\w*",
    "where a name leads": (
        r"records|alias|ttl|weight|proxied|geolocation|set_identifier|nameservers?|name_servers"
    ),
    "what is looked at before it counts as well": (
        r"health\w*|\w+_probe|probes?|matcher|unhealthy\w*|rollback|circuit_breaker|status_checks|scan\w*"
        r"|quarantine"
    ),
    "what guards a machine": (
        r"security_context|network_acls|default_action|capabilities|seccomp\w*|app_?armor\w*|sandbox\w*|host_\w+|automount\w*|feature_gates?"
        r"|privileged|firewall\w*|waf\w*|shield\w*|ebs_optimized|auto_upgrade|patch\w*|antivirus|hardening|isolation"
    ),
    "what keeps it from being deleted or altered": (
        r"delet\w+|destroy\w*|terminat\w+|protect\w*|prevent\w*|lock_level|locks?|on_failure|approv\w+|reviewers?"
        r"|required_\w+|review\w*"
    ),
}
"""What is decided, and the stems of what decides it."""
_WHOLE = {
    "what is watched, and when somebody is told": (
        r"alarm|alert|monitor|guardduty|securityhub|rule_group|budget|anomaly|detector|uptime|metric|notification"
    ),
    "who is told, and where things are sent": (
        r"subscription|webhook|action_group|contact|escalation|schedule|opsgenie|pagerduty|victorops|receiver|sink"
        r"|slack|hook"
    ),
    "how long, or how often, something is kept": (
        r"backup|lifecycle_policy|lifecycle_configuration|object_lock|dlm|vault_lock|retention|replication"
    ),
    "where a name leads": r"route53_record|dns_record|cloudflare_record|record_set",
    "what is logged": r"cloudtrail|flow_log|diagnostic_setting|audit|log_delivery|logging",
    "who may do what": (
        r"password_policy|role_binding|membership|branch_protection|ruleset|cluster_role|kubernetes_role|listener_rule"
        r"|role_assignment|access_policy|access_entry|grant|user_role|iam_\w*(?:member|binding)"
    ),
    "what a policy allows": (
        r"iam_(?:\w+_)?policy|(?:acl|key|bucket|queue|topic|role|user|group|vault|organizations)_policy"
        r"|iam_policy_document"
    ),
    "who reaches it": r"cors|ssl_policy|ownership|public_access|waf|admission",
    "what keeps it from being deleted or altered": r"management_lock|environment_protection|org_policy",
}
"""What is decided by all that a resource of such a type says, but for what it is called."""
_LIFE = re.compile(r"(?:^|_)(?:age|days)$")
_STEMS = {what: re.compile(rf"(?:^|_)(?:{stems})(?:_|$)") for what, stems in _NAMED.items()}
_TYPES = {what: re.compile(rf"(?:^|_)(?:{stems})s?(?:_|$)") for what, stems in _WHOLE.items()}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NO_WORD = re.compile(r"[\W_]+")
_CALLED = re.compile(
    r"(?:\w+_)?(?:description|tags|labels|title|display_name)|(?:alarm_)?names?|name_prefix|path|identifier|sid|version"
)


def snake(key: str) -> str:
    """`hostNetwork` and `host-network` as `host_network`."""
    return _NO_WORD.sub("_", _CAMEL.sub("_", key)).lower()


def meaning_of(names: tuple[str, ...], kind: str) -> str:
    """What an argument decides that is nobody's but a person's; empty: nothing that is known.

    `names` are the snake_case names that lead to it, its own last; `kind` is the type of its resource.
    """
    own = next((what for name in names for what, stems in _STEMS.items() if stems.search(name)), "")
    if own or _CALLED.fullmatch(names[-1]):
        return own
    if _LIFE.search(names[-1]) and len(names) > 1:
        return "how long, or how often, something is kept"
    return next((what for what, stems in _TYPES.items() if stems.search(kind)), "")
