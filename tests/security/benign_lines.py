"""Repairs of one argument: what else stands in a resource of each type, and what is mended in it."""

from __future__ import annotations

RESOURCES = {
    "aws_instance": 'ami = var.ami\nsubnet_id = aws_subnet.main.id\ntags = { Name = "web" }',
    "aws_s3_bucket": "tags = { team = var.team }",
    "aws_db_instance": (
        'engine = "postgres"\nusername = "app"\npassword = var.db_password\nstorage_encrypted = true'
    ),
    "aws_lambda_function": 'function_name = "job"\nrole = aws_iam_role.job.arn\nfilename = "job.zip"',
    "aws_vpc": "enable_dns_support = true",
    "aws_subnet": "vpc_id = aws_vpc.main.id",
    "aws_security_group": 'name = "web"\nvpc_id = aws_vpc.main.id',
    "aws_lb_target_group": 'name = "web"\nvpc_id = aws_vpc.main.id',
    "aws_ecs_service": (
        'name = "web"\ncluster = aws_ecs_cluster.main.id\ntask_definition = aws_ecs_task_definition.web.arn'
    ),
    "aws_cloudwatch_log_group": "tags = { team = var.team }",
    "aws_sqs_queue": 'kms_master_key_id = "alias/aws/sqs"',
    "aws_dynamodb_table": 'name = "items"\nhash_key = "id"\nattribute {\n  name = "id"\n  type = "S"\n}',
    "aws_iam_role": "assume_role_policy = data.aws_iam_policy_document.assume.json",
    "aws_route53_record": "zone_id = aws_route53_zone.main.zone_id",
    "aws_eks_node_group": "cluster_name = aws_eks_cluster.main.name\nnode_role_arn = aws_iam_role.node.arn",
    "aws_autoscaling_group": "vpc_zone_identifier = var.subnet_ids",
    "aws_elasticache_cluster": 'cluster_id = "cache"\nengine = "redis"\nnum_cache_nodes = 1',
    "aws_cloudwatch_metric_alarm": 'alarm_name = "errors"\nnamespace = "AWS/Lambda"\nthreshold = 1',
    "azurerm_resource_group": 'tags = { env = "test" }',
    "azurerm_virtual_network": 'name = "net"\nresource_group_name = azurerm_resource_group.main.name',
    "azurerm_storage_account": (
        'resource_group_name = azurerm_resource_group.main.name\nlocation = "westeurope"'
    ),
    "azurerm_linux_virtual_machine": 'name = "vm"\nlocation = "westeurope"\nadmin_username = "ops"',
    "azurerm_kubernetes_cluster": 'name = "aks"\nlocation = "westeurope"\ndns_prefix = "aks"',
    "google_compute_instance": (
        'name = "vm"\nboot_disk {\n  initialize_params {\n    image = "debian-cloud/debian-12"\n  }\n}'
    ),
    "google_storage_bucket": "project = var.project",
    "google_container_cluster": 'name = "main"\ninitial_node_count = 1',
    "google_sql_database_instance": 'database_version = "POSTGRES_15"\nsettings {\n  tier = "db-f1-micro"\n}',
    "google_compute_firewall": 'name = "web"\nnetwork = google_compute_network.main.name',
    "kubernetes_namespace": "",
    "kubernetes_config_map": 'metadata {\n  name = "config"\n}',
    "helm_release": 'name = "app"\nrepository = "https://charts.example.com"',
    "random_password": "special = true",
    "random_id": "keepers = { name = var.name }",
    "null_resource": "depends_on = [aws_instance.main]",
    "terraform_data": "triggers_replace = [var.name]",
    "tls_private_key": "",
    "time_sleep": "depends_on = [aws_iam_role.main]",
    "local_file": "content = var.content",
    "docker_container": "image = docker_image.web.image_id",
    "proxmox_virtual_environment_vm": 'name = "vm"\nnode_name = "pve"',
}
EDITS = {
    "aws_instance": [
        'instance_typ⟦→e⟧ = "t3.micro"',
        'instance_type = "t3.⟦mikro→micro⟧"',
        'instance_type = "⟦t2→t3⟧.micro"',
        'instance_type = ⟦t3.micro→"t3.micro"⟧',
        'instance_type = "t3.micro⟦→"⟧',
        'availability_zone = "us-east-1⟦→a⟧"',
        "vpc_security_group_ids = ⟦aws_security_group.main.id→[aws_security_group.main.id]⟧",
        "⟦security_group_ids→vpc_security_group_ids⟧ = [aws_security_group.main.id]",
        "iam_instance_profile = aws_iam_⟦role→instance_profile⟧.main.name",
        'root_block_device {\n  volume_type = "⟦gp5→gp3⟧"\n}',
        'root_block_device {\n  volume_size = ⟦"20GB"→20⟧\n}',
        "key_name = aws_key_pair.main.⟦name→key_name⟧",
        "⟦user_data_base46→user_data_base64⟧ = base64encode(local.script)",
        'private_ip = "10.0.1.⟦256→25⟧"',
        'ebs_block_device {\n  device_name = "/dev/sd⟦→h⟧"\n}',
        'metadata_options {\n  http_tokens = ⟦true→"required"⟧\n}',
    ],
    "aws_s3_bucket": [
        'bucket = "⟦My_Bucket→my-bucket⟧"',
        'bucket = "${var.team}⟦_→-⟧assets"',
        'bucket = lower("${var.team}-⟦Logs→logs⟧")',
        '⟦acl = "private"\n→⟧bucket = "assets"',
        'bucket = "assets-${⟦random_id.suffix→random_id.suffix.hex⟧}"',
        'bucket = substr("assets-${var.team}-${var.name}", 0, ⟦64→63⟧)',
        '⟦region = "us-east-1"\n→⟧bucket = "assets"',
    ],
    "aws_db_instance": [
        'instance_class = "⟦db.t2.micro→db.t3.micro⟧"',
        "allocated_storage = ⟦5→20⟧",
        'identifier = "⟦app_db→app-db⟧"',
        'engine_version = "⟦15.99→15.7⟧"',
        'db_name = "⟦my-app→my_app⟧"',
        '⟦→final_snapshot_identifier = "app-final"\n⟧skip_final_snapshot = false',
        "backup_retention_period = ⟦40→35⟧",
        "db_subnet_group_name = aws_db_subnet_group.main.⟦id_→name⟧",
        'maintenance_window = "⟦Monday:03:00-Monday:04:00→Mon:03:00-Mon:04:00⟧"',
        'parameter_group_name = "default.⟦postgres→postgres15⟧"',
    ],
    "aws_lambda_function": [
        'runtime = "⟦python3.6→python3.12⟧"',
        'runtime = "⟦nodejs12.x→nodejs20.x⟧"',
        'handler = "⟦index→index.handler⟧"',
        'handler = "⟦lambda.py→lambda.main⟧"',
        "timeout = ⟦1000→900⟧",
        "memory_size = ⟦64→128⟧",
        "environment {\n  variables = {\n    LIMIT = ⟦var.limit→tostring(var.limit)⟧\n  }\n}",
        'architectures = ⟦"arm64"→["arm64"]⟧',
        "⟦source_hash→source_code_hash⟧ = var.source_hash",
    ],
    "aws_vpc": [
        'cidr_block = "10.0.0.0/⟦8→16⟧"',
        'cidr_block = "10.0.0.⟦1→0⟧/24"',
        '⟦cidr→cidr_block⟧ = "10.0.0.0/16"',
        'cidr_block = "⟦10.0.0/16→10.0.0.0/16⟧"',
        'cidr_block = "172.⟦36→16⟧.0.0/16"',
    ],
    "aws_subnet": [
        'cidr_block = "⟦192.168→10.0⟧.1.0/24"',
        "cidr_block = cidrsubnet(aws_vpc.main.cidr_block, ⟦32→8⟧, 1)",
        'cidr_block = "10.0.⟦0→1⟧.0/24"',
        "availability_zone = data.aws_availability_zones.all.⟦name→names⟧[0]",
        "availability_zone = data.aws_availability_zones.all.names[⟦3→2⟧]",
        "⟦availability_zones→availability_zone⟧ = var.zone",
    ],
    "aws_security_group": [
        (
            'ingress {\n  from_port = 443\n  to_port = 443\n  protocol = "⟦https→tcp⟧"\n'
            '  cidr_blocks = ["10.0.0.0/8"]\n}'
        ),
        (
            'ingress {\n  from_port = 80\n  ⟦→to_port = 80\n  ⟧protocol = "tcp"\n'
            '  cidr_blocks = ["10.0.0.0/8"]\n}'
        ),
        'ingress {\n  from_port = ⟦8443→443⟧\n  to_port = 443\n  protocol = "tcp"\n  self = true\n}',
        (
            'egress {\n  from_port = 0\n  to_port = ⟦65535→0⟧\n  protocol = "-1"\n'
            '  cidr_blocks = ["10.0.0.0/8"]\n}'
        ),
        (
            'ingress {\n  from_port = 22\n  to_port = 22\n  protocol = "tcp"\n'
            '  cidr_blocks = ["10.0.0.0⟦→/8⟧"]\n}'
        ),
        'description = ⟦null→"Web servers"⟧',
    ],
    "aws_lb_target_group": [
        'protocol = "⟦http→HTTP⟧"\nport = 80',
        'protocol = "HTTP"\nport = ⟦"eighty"→80⟧',
        'health_check {\n  path = "⟦healthz→/healthz⟧"\n}',
        'health_check {\n  matcher = ⟦200→"200"⟧\n}',
        'target_type = "⟦lamda→lambda⟧"',
        "health_check {\n  interval = ⟦3→10⟧\n  timeout = 5\n}",
    ],
    "aws_ecs_service": [
        'launch_type = "⟦Fargate→FARGATE⟧"',
        'desired_count = ⟦"two"→2⟧',
        "⟦→network_configuration {\n  subnets = var.subnet_ids\n}⟧",
        (
            "load_balancer {\n  target_group_arn = aws_lb_target_group.main.⟦id_arn→arn⟧\n"
            '  container_name = "web"\n  container_port = 80\n}'
        ),
    ],
    "aws_cloudwatch_log_group": [
        "retention_in_days = ⟦10→14⟧",
        'retention_in_days = ⟦"two weeks"→14⟧',
        'name = "⟦aws/lambda/job:1→/aws/lambda/job⟧"',
    ],
    "aws_sqs_queue": [
        'name = "orders⟦→.fifo⟧"\nfifo_queue = true',
        "visibility_timeout_seconds = ⟦50000→43200⟧",
        "message_retention_seconds = ⟦30→60⟧",
        'delay_seconds = ⟦"5s"→5⟧',
    ],
    "aws_dynamodb_table": [
        'billing_mode = "⟦ON_DEMAND→PAY_PER_REQUEST⟧"',
        'range_key = "at"\n⟦→attribute {\n  name = "at"\n  type = "N"\n}⟧',
        'ttl {\n  attribute_name = "⟦→until⟧"\n  enabled = true\n}',
    ],
    "aws_iam_role": [
        'name = "⟦web role→web-role⟧"',
        'name = "⟦a-name-that-is-much-longer-than-the-sixty-four-characters-which-iam-allows→web-role⟧"',
        "max_session_duration = ⟦1800→3600⟧",
        'path = "⟦service→/service/⟧"',
    ],
    "aws_route53_record": [
        'name = "www"\ntype = "⟦AAA→AAAA⟧"\nttl = 300\nrecords = ["fd00::1"]',
        'name = "www"\ntype = "A"\n⟦→ttl = 300\n⟧records = ["10.0.0.1"]',
        'name = "www"\ntype = "A"\nttl = 300\nrecords = ⟦"10.0.0.1"→["10.0.0.1"]⟧',
    ],
    "aws_eks_node_group": [
        (
            "subnet_ids = var.⟦subnets→subnet_ids⟧\nscaling_config {\n  desired_size = 2\n"
            "  max_size = 3\n  min_size = 1\n}"
        ),
        (
            "subnet_ids = var.subnet_ids\nscaling_config {\n  desired_size = 2\n"
            "  max_size = ⟦1→2⟧\n  min_size = 1\n}"
        ),
        'subnet_ids = var.subnet_ids\ninstance_types = [⟦var.types→"t3.medium"⟧]',
        'subnet_ids = var.subnet_ids\nami_type = "⟦AL2023→AL2023_x86_64_STANDARD⟧"',
    ],
    "aws_autoscaling_group": [
        "min_size = 1\nmax_size = 3\ndesired_capacity = ⟦5→3⟧",
        (
            'min_size = 1\nmax_size = 3\ntag {\n  key = "Name"\n  value = "web"\n'
            "  ⟦→propagate_at_launch = true\n⟧}"
        ),
        (
            "min_size = 1\nmax_size = 3\nlaunch_template {\n  id = aws_launch_template.main.id\n"
            '  version = "⟦Latest→$Latest⟧"\n}'
        ),
        'min_size = 1\nmax_size = 3\nhealth_check_type = "⟦elb→ELB⟧"',
    ],
    "aws_elasticache_cluster": [
        'node_type = "⟦t3.micro→cache.t3.micro⟧"',
        'parameter_group_name = "default.⟦redis5→redis7⟧"',
    ],
    "aws_cloudwatch_metric_alarm": [
        'comparison_operator = "⟦GreaterThan→GreaterThanThreshold⟧"',
        'statistic = "⟦Avg→Average⟧"',
        "period = ⟦45→60⟧",
    ],
    "azurerm_resource_group": [
        'name = "rg"\nlocation = "⟦west-europe→westeurope⟧"',
        'name = "rg"\n⟦region→location⟧ = "westeurope"',
        'name = "⟦rg.→rg⟧"\nlocation = "westeurope"',
    ],
    "azurerm_virtual_network": [
        'location = "westeurope"\naddress_space = ⟦"10.0.0.0/16"→["10.0.0.0/16"]⟧',
        'location = azurerm_resource_group.⟦man→main⟧.location\naddress_space = ["10.0.0.0/16"]',
        'address_space = ["10.0.0.0/16"]\n⟦→location = "westeurope"⟧',
    ],
    "azurerm_storage_account": [
        'name = "⟦my-storage→mystorage⟧"\naccount_tier = "Standard"\naccount_replication_type = "LRS"',
        'name = "mystorage"\naccount_tier = "Standard"\naccount_replication_type = "⟦lrs→LRS⟧"',
        'name = "mystorage"\naccount_tier = "Standard"\n⟦→account_replication_type = "LRS"⟧',
        (
            'name = "mystorage"\naccount_tier = "Standard"\naccount_replication_type = "LRS"\n'
            'min_tls_version = "⟦TLS1.2→TLS1_2⟧"'
        ),
        'name = "mystorage"\n⟦enable_https_traffic_only→https_traffic_only_enabled⟧ = true',
    ],
    "azurerm_linux_virtual_machine": [
        'size = "⟦Standard_B2→Standard_B2s⟧"',
        'size = "Standard_⟦D2s_v9→D2s_v5⟧"',
        'os_disk {\n  caching = "⟦ReadWrites→ReadWrite⟧"\n  storage_account_type = "Standard_LRS"\n}',
        "network_interface_ids = [azurerm_network_interface.main⟦→.id⟧]",
    ],
    "azurerm_kubernetes_cluster": [
        'default_node_pool {\n  name = "⟦node-pool→pool⟧"\n  node_count = 1\n  vm_size = "Standard_B2s"\n}',
        'kubernetes_version = "⟦1.19→1.30⟧"',
        '⟦→identity {\n  type = "SystemAssigned"\n}⟧',
    ],
    "google_compute_instance": [
        'machine_type = "⟦e2-mikro→e2-micro⟧"\nzone = "us-central1-a"',
        'machine_type = "e2-micro"\nzone = "us-central1⟦→-a⟧"',
        'machine_type = "e2-micro"\nzone = "europe-west1-⟦a→b⟧"',
        'machine_type = "e2-micro"\nlabels = { ⟦Team→team⟧ = "web" }',
        'machine_type = "e2-micro"\n⟦→network_interface {\n  network = "default"\n}⟧',
        'machine_type = "e2-micro"\nscheduling {\n  ⟦preemptable→preemptible⟧ = true\n}',
    ],
    "google_storage_bucket": [
        'name = "${var.project}-⟦Assets→assets⟧"\nlocation = "EU"',
        'name = "assets"\n⟦→location = "EU"⟧',
        'name = "assets"\nlocation = "⟦eu-west→EU⟧"',
        'name = "assets"\nlocation = "EU"\nstorage_class = "⟦standard→STANDARD⟧"',
    ],
    "google_container_cluster": [
        'location = "⟦europe-west-1→europe-west1⟧"',
        "location = var.region\nnetwork = google_compute_network.⟦vpc→main⟧.name",
        'location = var.region\nrelease_channel {\n  channel = "⟦regular→REGULAR⟧"\n}',
    ],
    "google_sql_database_instance": [
        'name = "⟦App_DB→app-db⟧"',
        'region = "⟦us→us-central1⟧"',
    ],
    "google_compute_firewall": [
        'allow {\n  protocol = "tcp"\n  ports = ⟦[80-90]→["80-90"]⟧\n}',
        'allow {\n  protocol = "tcp"\n  ports = ["443"]\n}\nsource_ranges = ["10.0.0.0/⟦88→8⟧"]',
    ],
    "kubernetes_namespace": [
        'metadata {\n  name = "⟦My_App→my-app⟧"\n}',
        'metadata {\n  ⟦namespace→name⟧ = "app"\n}',
        'metadata {\n  name = "app"\n  labels = {\n    "app.kubernetes.io/name" = ⟦app→"app"⟧\n  }\n}',
    ],
    "kubernetes_config_map": [
        'data = {\n  port = ⟦[8080]→"8080"⟧\n}',
        '⟦datas→data⟧ = {\n  mode = "fast"\n}',
    ],
    "helm_release": [
        'chart = "app"\nversion = "⟦v1.2→1.2.0⟧"',
        'chart = "app"\nset {\n  name = "replicas"\n  value = ⟦[2]→"2"⟧\n}',
        'chart = "app"\ntimeout = ⟦30→900⟧',
        'chart = "app"\nset {\n  name = "ingress\\\\.class"\n  ⟦val→value⟧ = "nginx"\n}',
    ],
    "random_password": ['length = ⟦"long"→24⟧', "⟦lenght→length⟧ = 24", "length = 24\nmin_upper = ⟦30→3⟧"],
    "random_id": ["byte_length = ⟦0→4⟧"],
    "null_resource": [
        'triggers = {\n  ids = ⟦aws_instance.main[*].id→join(",", aws_instance.main[*].id)⟧\n}'
    ],
    "terraform_data": [
        "input = ⟦{ name = var.nam }→{ name = var.name }⟧",
        'input = "${⟦var,name→var.name⟧}"',
    ],
    "tls_private_key": ['algorithm = "⟦RSA4096→RSA⟧"', 'algorithm = "RSA"\nrsa_bits = ⟦"4k"→4096⟧'],
    "time_sleep": ['create_duration = ⟦30→"30s"⟧', '⟦duration→create_duration⟧ = "30s"'],
    "local_file": [
        'filename = "${path.⟦modul→module⟧}/out.txt"',
        'filename = "${path.module}/out.txt"\nfile_permission = ⟦0644→"0644"⟧',
    ],
    "docker_container": ['name = "⟦my web→my-web⟧"', 'name = "web"\nports {\n  internal = ⟦"80/tcp"→80⟧\n}'],
    "proxmox_virtual_environment_vm": [
        'disk {\n  datastore_id = "⟦local→local-lvm⟧"\n  interface = "scsi0"\n}',
        'clone {\n  vm_id = ⟦"template"→9000⟧\n}',
        "memory {\n  dedicated = ⟦0→2048⟧\n}",
        'network_device {\n  bridge = "⟦vmbr→vmbr0⟧"\n}',
    ],
}
