"""An apply's errors → what it may have created although nobody answered that it did.

Decides by the words that libraries of HTTP and Terraform itself use. A request
that never left (no connection, no name, no handshake) created nothing, and one
that was answered with a refusal neither; what was waited for, or provisioned,
had been made, and the state tells of it. Nor is anything in doubt of which there
can be only one: a second creation is refused, or finds the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from contracts.terraform import ApplyResult, ChangeAction

_LOST = re.compile(
    r"\bEOF\b|connection reset|broken pipe|use of closed network connection|server closed idle connection"
    r"|connection was forcibly closed|http2: |stream error|goaway|transport is closing"
    r"|read tcp [^\n]{0,200}(?:i/o timeout|connection)|timeout awaiting response|awaiting headers"
    r"|net/http: request canceled|context deadline exceeded|status ?code: 50[24]|502 bad gateway"
    r"|504 gateway time-?out|code = (?:unavailable|deadlineexceeded)|plugin did not respond"
    r"|request cancelled",
    re.IGNORECASE,
)
_NEVER_SENT = re.compile(
    r"dial (?:tcp|udp|unix)|no such host|connection refused|tls: |x509: |tls handshake|proxyconnect"
    r"|waiting for|provisioner error|retrieving|reading (?!response|body|from)",
    re.IGNORECASE,
)
_ONE_OF_A_NAME = re.compile(
    r"azurerm_\w+|google_\w+|kubernetes_\w+|helm_release|docker_(?:container|network|volume|image)|hcloud_\w+"
    r"|(?:github|gitlab)_\w+|vault_\w+|postgresql_\w+|mysql_\w+|libvirt_\w+|lxd_\w+|null_resource|terraform_data"
    r"|(?:random|local|time|tls|archive)_\w+"
    r"|aws_(?:iam_(?!access_key|service_specific)\w+|s3_\w+|dynamodb_\w+|lambda_(?:function|alias|permission)|sns_topic"
    r"|sqs_queue|ecr_\w+|ecs_(?:cluster|service)|eks_\w+|rds_\w+|db_\w+|elasticache_\w+|redshift_\w+|docdb_\w+"
    r"|neptune_\w+|opensearch_domain|elasticsearch_domain|msk_\w+|cloudwatch_\w+|ssm_parameter"
    r"|secretsmanager_secret|security_group|lb|alb|elb|lb_target_group|alb_target_group|autoscaling_group"
    r"|launch_template|launch_configuration|key_pair|sfn_state_machine|kinesis_\w+|firehose_\w+|glue_\w+"
    r"|codebuild_project|codecommit_repository|codepipeline|scheduler_\w+|wafv2_\w+|batch_\w+|kms_alias"
    r"|route53_record|organizations_\w+|backup_\w+|athena_workgroup|efs_file_system)"
)
"""Types of which the other side holds one of a name, or of a token, at most."""


def unanswered(result: ApplyResult) -> Iterator[str]:
    """The addresses of creations that ended in such an error, and of which there may be two."""
    lost = {
        said.address
        for said in result.diagnostics
        if said.address and _LOST.search(said.text) and not _NEVER_SENT.search(said.text)
    }
    for change in result.applied:
        creates = not change.ok and change.action in {ChangeAction.CREATE, ChangeAction.REPLACE}
        if creates and change.address in lost and not _ONE_OF_A_NAME.fullmatch(_type(change.address)):
            yield change.address


def _type(address: str) -> str:
    """The type in an address: `module.a["x.y"].aws_vpc.main[0]` is of an `aws_vpc`."""
    plain = re.sub(r"\[[^\]]*\]", "", address)
    return plain.split(".")[-2] if "." in plain else plain
