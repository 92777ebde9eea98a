"""Which resource types hold what cannot be made again: by how their names end, and by their whole names."""

from __future__ import annotations

import pytest

from planner.gate_stateful import is_stateful

ENDINGS = """
    bucket volume disk snapshot filesystem file_system zone queue user_pool backup_vault
    db database db_instance db_cluster cache redis_cluster
    sql_server mariadb_server flexible_server
    sql_database_instance bigtable_instance spanner_instance
    secret secret_version kms_key key_ring crypto_key persistent_volume_claim stateful_set namespace
"""
WHOLE = """
    aws_cloudwatch_log_group aws_docdb_cluster aws_dynamodb_table aws_dynamodb_global_table aws_ecr_repository
    aws_elasticache_cluster aws_elasticache_serverless_cluster aws_elasticache_replication_group
    aws_elasticsearch_domain aws_fsx_windows_file_share aws_glacier_vault aws_glue_catalog_table
    aws_keyspaces_table aws_kinesis_stream aws_kms_external_key aws_kms_replica_key aws_memorydb_cluster
    aws_mq_broker aws_msk_cluster aws_neptune_cluster aws_neptune_cluster_instance aws_opensearch_domain
    aws_qldb_ledger aws_rds_cluster aws_rds_cluster_instance aws_rds_global_cluster aws_redshift_cluster
    aws_s3_object aws_ssm_parameter aws_timestreamwrite_table
    azurerm_container_registry azurerm_cosmosdb_account azurerm_eventhub azurerm_key_vault
    azurerm_key_vault_key azurerm_log_analytics_workspace azurerm_recovery_services_vault
    azurerm_resource_group azurerm_servicebus_topic azurerm_storage_account azurerm_storage_blob
    azurerm_storage_container azurerm_storage_share azurerm_storage_table azurerm_virtual_machine
    digitalocean_database_cluster digitalocean_domain github_repository
    google_alloydb_cluster google_alloydb_instance google_artifact_registry_repository
    google_bigquery_dataset google_bigquery_table google_bigtable_table google_compute_image
    google_filestore_instance google_identity_platform_tenant google_project google_pubsub_subscription
    google_pubsub_topic google_redis_instance
    libvirt_domain mongodbatlas_cluster mongodbatlas_advanced_cluster vault_kv_secret_backend_v2 vault_mount
    proxmox_lxc proxmox_vm_qemu proxmox_virtual_environment_container proxmox_virtual_environment_file
    proxmox_virtual_environment_vm random_password tls_private_key vsphere_virtual_machine
"""
WITH_AN_ENDING = """
    aws_s3_bucket aws_backup_vault aws_secretsmanager_secret azurerm_managed_disk
    cloudflare_workers_kv_namespace
    google_kms_crypto_key kubernetes_persistent_volume_v1 kubernetes_stateful_set_v1 proxmox_lxc_disk
"""


@pytest.mark.parametrize("ending", ENDINGS.split())
def test_what_ends_so_holds_something_whoever_makes_it(ending: str) -> None:
    assert is_stateful(f"acme_{ending}")
    assert is_stateful(f"acme_{ending}_v12")
    assert not is_stateful(f"acme_{ending}_policy")
    assert not is_stateful(f"acme_not{ending}")


@pytest.mark.parametrize("kind", (WHOLE + WITH_AN_ENDING).split())
def test_types_that_hold_what_cannot_be_made_again(kind: str) -> None:
    assert is_stateful(kind)


@pytest.mark.parametrize("kind", WHOLE.split())
def test_a_type_that_is_named_whole_is_that_type_alone(kind: str) -> None:
    assert not is_stateful(f"x{kind}")


@pytest.mark.parametrize(
    "kind",
    [
        "aws_route_table",
        "aws_security_group",
        "aws_volume_attachment",
        "aws_s3_bucket_policy",
        "aws_ssm_parameters",
        "azurerm_postgresql_firewall_rule",
        "google_project_iam_member",
        "github_repository_file",
        "terraform_data",
    ],
)
def test_types_that_are_made_again_as_they_were(kind: str) -> None:
    assert not is_stateful(kind)
