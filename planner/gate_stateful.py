"""Which resource types hold what cannot be made again: data, keys, identities, names in the DNS.

Decides by the type alone. What a type misses here is no hole: destroying it is
asked for under rule G3; a type in here is never left to an automatic profile.
"""

from __future__ import annotations

import re
from functools import lru_cache

_ENDING = re.compile(
    r"""_(?:
        bucket | volume | disk | snapshot | file_?system | zone | queue | user_pool | backup_vault
      | db | database | db_instance | db_cluster | cache | redis_cluster
      | (?:sql|mariadb|flexible)_server | (?:sql_database|bigtable|spanner)_instance
      | secret | secret_version | kms_key | key_ring | crypto_key
      | persistent_volume_claim | stateful_set | namespace
    )(?:_v\d+)?$""",
    re.VERBOSE,
)
_WHOLE = re.compile(
    r"""
    aws_(?: cloudwatch_log_group | docdb_.+ | dynamodb_(?:global_)?table | ecr_repository
          | elasticache_.*(?:cluster|group) | elasticsearch_domain | fsx_.+ | glacier_vault
          | glue_catalog_table | keyspaces_table | kinesis_stream | kms_(?:external|replica)_key
          | memorydb_cluster | mq_broker | msk_cluster | neptune_cluster.* | opensearch_domain
          | qldb_ledger | rds_cluster.* | rds_global_cluster | redshift_cluster | s3_object
          | ssm_parameter | timestreamwrite_table )
  | azurerm_(?: container_registry | cosmosdb_.+ | eventhub | key_vault.* | log_analytics_workspace
          | recovery_services_vault | resource_group | servicebus_topic
          | storage_(?:account|blob|container|share|table) | virtual_machine )
  | digitalocean_(?:database_cluster|domain) | github_repository
  | google_(?: alloydb_(?:cluster|instance) | artifact_registry_repository | bigquery_(?:dataset|table)
          | bigtable_table | compute_image | filestore_instance | identity_platform_tenant | project
          | pubsub_(?:subscription|topic) | redis_instance )
  | libvirt_domain | mongodbatlas_.*cluster | vault_(?:kv.* | mount)
  | proxmox_(?:lxc | vm_qemu | virtual_environment_(?:container|file|vm))
  | random_password | tls_private_key | vsphere_virtual_machine
    """,
    re.VERBOSE,
)


@lru_cache(maxsize=4096)
def is_stateful(kind: str) -> bool:
    """Whether a resource of this type holds what is lost with it."""
    return bool(_ENDING.search(kind) or _WHOLE.fullmatch(kind))
