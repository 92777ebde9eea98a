"""A module with one of everything that the edit policy has a rule for, and ways to edit it."""

from __future__ import annotations

MAIN = """\
terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }

  backend "s3" {
    bucket = "state"
    key    = "prod"
  }
}

provider "aws" {
  region = var.region
}

provider "aws" {
  alias  = "west"
  region = "us-west-2"
}

module "net" {
  source  = "terraform-aws-modules/vpc/aws"
  version = "5.1.0"
  name    = "main"
}

data "aws_ami" "image" {
  most_recent = true
  owners      = ["amazon"]
}

data "external" "who" {
  program = ["sh", "who.sh"]
}

data "terraform_remote_state" "net" {
  backend = "s3"
  config  = { key = "net" }
}

locals {
  name  = "app"
  names = ["a", "b"]
  token = var.db_password
}

resource "aws_instance" "web" {
  ami           = data.aws_ami.image.id
  instance_type = "t3.micro"
  user_data     = file("${path.module}/init.sh")
  tags          = { Name = local.name }
  depends_on    = [module.net, aws_db_instance.db]

  lifecycle {
    prevent_destroy = true

    precondition {
      condition     = local.name != ""
      error_message = "no name"
    }
  }

  provisioner "local-exec" {
    command = "echo hello"
  }
}

resource "aws_db_instance" "db" {
  password                = var.db_password
  storage_encrypted       = true
  kms_key_id              = "alias/db"
  deletion_protection     = true
  skip_final_snapshot     = false
  backup_retention_period = 14
  publicly_accessible     = false
  engine                  = "postgres"
}

resource "aws_subnet" "each" {
  for_each   = toset(local.names)
  vpc_id     = module.net.vpc_id
  cidr_block = "10.0.1.0/24"
}

resource "aws_eip" "ip" {
  count  = 2
  domain = "vpc"
}

resource "aws_security_group" "sg" {
  name = "https://known.example.com"

  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }
}

resource "aws_iam_policy" "p" {
  name = "p"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = ["s3:GetObject"]
      Resource  = "arn:aws:s3:::bucket/*"
      Condition = { Bool = { "aws:SecureTransport" = "true" } }
    }]
  })
}

resource "aws_s3_bucket_versioning" "v" {
  bucket = "b"

  versioning_configuration {
    status = "Enabled"
  }
}

moved {
  from = aws_instance.old
  to   = aws_instance.web
}

check "health" {
  assert {
    condition     = local.name != ""
    error_message = "no name"
  }
}
"""
VARIABLES = """\
variable "region" {
  type    = string
  default = "us-east-1"

  validation {
    condition     = length(var.region) > 3
    error_message = "too short"
  }
}

variable "db_password" {
  type      = string
  sensitive = true
}

variable "unused" {
  type = string
}

output "ip" {
  value = aws_instance.web.public_ip
}

output "secret" {
  value     = var.db_password
  sensitive = true
}
"""
VALUES = 'region = "eu-west-1"\n'
BEFORE = {"main.tf": MAIN, "variables.tf": VARIABLES, "prod.tfvars": VALUES}


def replaced(search: str, replace: str) -> dict[str, str]:
    """The file in which the text stands once, with that replaced."""
    (file,) = (name for name, text in BEFORE.items() if search in text)
    assert BEFORE[file].count(search) == 1, search
    return {file: BEFORE[file].replace(search, replace)}


def block(head: str) -> str:
    """The text of the block that begins with this line."""
    text = MAIN + VARIABLES
    start = text.index(f"{head} {{\n")
    return text[start : text.index("\n}\n", start) + 3]
