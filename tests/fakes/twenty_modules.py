"""Twenty small root modules: one file or several, with all that a fix must not touch without a person."""

from __future__ import annotations

from textwrap import dedent

Texts = dict[str, str]


def _module(**files: str) -> Texts:
    """File name (`_` for `.`, `__` for `/`) → text."""
    return {
        name.replace("__", "/").replace("_tfvars", ".tfvars").replace("_tf", ".tf"): dedent(text).lstrip("\n")
        for name, text in files.items()
    }


def _simple(kind: str, name: str, size: int) -> Texts:
    return _module(
        main_tf=f"""
        resource "{kind}" "{name}" {{
          count = {size}
          input = "first {name}"
        }}

        output "{name}s" {{
          value = {kind}.{name}[*].id
        }}
        """
    )


MODULES: dict[str, Texts] = {
    "one box": _simple("terraform_data", "box", 2),
    "null fleet": _simple("null_resource", "node", 3),
    "variables beside": _module(
        main_tf="""
        resource "terraform_data" "web" {
          count = var.size
          input = "${var.name}-${count.index}"
          triggers_replace = [var.name, local.suffix]
        }

        locals {
          suffix = "blue"
          ports  = [80, 443]
        }
        """,
        variables_tf="""
        variable "size" {
          type    = number
          default = 2
        }

        variable "name" {
          type        = string
          description = "What the boxes are called"
          default     = "box"
        }

        variable "enabled" {
          type    = bool
          default = true
        }
        """,
        outputs_tf="""
        output "names" {
          description = "All names"
          value       = terraform_data.web[*].output
        }
        """,
    ),
    "tfvars": _module(
        main_tf="""
        variable "region" {
          type = string
        }
        variable "zones" {
          type = list(string)
        }
        variable "labels" {
          type    = map(string)
          default = {}
        }
        resource "terraform_data" "zone" {
          for_each = toset(var.zones)
          input    = "${var.region}/${each.key}"
        }
        """,
        terraform_tfvars="""
        region = "eu-north-1"
        zones  = ["a", "b"]
        """,
    ),
    "sensitive": _module(
        main_tf="""
        variable "db_password" {
          type      = string
          sensitive = true
        }
        variable "user" {
          type    = string
          default = "app"
        }
        resource "terraform_data" "db" {
          input = {
            user = var.user
            pass = var.db_password
          }
        }
        output "db" {
          value     = terraform_data.db.output
          sensitive = true
        }
        """,
    ),
    "submodule": _module(
        main_tf="""
        module "web" {
          source = "./web"
          size   = 3
        }
        resource "terraform_data" "front" {
          input = module.web.ids
        }
        """,
        web__main_tf="""
        variable "size" {
          type    = number
          default = 1
        }
        resource "terraform_data" "node" {
          count = var.size
          input = "node ${count.index}"
        }
        output "ids" {
          value = terraform_data.node[*].id
        }
        """,
    ),
    "provisioner": _module(
        main_tf="""
        resource "terraform_data" "notes" {
          input = "hello"
          provisioner "local-exec" {
            command = "echo made"
          }
        }
        resource "terraform_data" "after" {
          input      = 5
          depends_on = [terraform_data.notes]
        }
        """
    ),
    "backend": _module(
        backend_tf="""
        terraform {
          required_version = ">= 1.5"
          backend "s3" {
            bucket = "states"
            key    = "team/app.tfstate"
            region = "eu-west-1"
          }
        }
        """,
        main_tf="""
        resource "terraform_data" "app" {
          input = "v1"
        }
        """,
    ),
    "provider": _module(
        providers_tf="""
        terraform {
          required_providers {
            aws = {
              source  = "hashicorp/aws"
              version = "~> 5.0"
            }
          }
        }
        provider "aws" {
          region = "eu-west-1"
          default_tags {
            tags = {
              team = "one"
            }
          }
        }
        """,
        main_tf="""
        resource "aws_sqs_queue" "jobs" {
          name                       = "jobs"
          visibility_timeout_seconds = 30
        }
        resource "aws_sns_topic" "news" {
          name = "news"
        }
        """,
    ),
    "bucket": _module(
        main_tf="""
        resource "aws_s3_bucket" "logs" {
          bucket        = "team-logs"
          force_destroy = false
          lifecycle {
            prevent_destroy = true
          }
        }
        resource "aws_s3_bucket_public_access_block" "logs" {
          bucket              = aws_s3_bucket.logs.id
          block_public_acls   = true
          block_public_policy = true
        }
        resource "aws_s3_bucket_versioning" "logs" {
          bucket = aws_s3_bucket.logs.id
          versioning_configuration {
            status = "Enabled"
          }
        }
        """
    ),
    "iam": _module(
        main_tf="""
        resource "aws_iam_role" "app" {
          name               = "app"
          assume_role_policy = jsonencode({
            Version = "2012-10-17"
            Statement = [{
              Effect    = "Allow"
              Action    = "sts:AssumeRole"
              Principal = { Service = "ec2.amazonaws.com" }
            }]
          })
        }
        resource "aws_iam_role_policy" "app" {
          role   = aws_iam_role.app.id
          policy = jsonencode({
            Version = "2012-10-17"
            Statement = [{
              Effect   = "Allow"
              Action   = ["s3:GetObject"]
              Resource = "arn:aws:s3:::team-logs/public"
            }]
          })
        }
        """
    ),
    "firewall": _module(
        main_tf="""
        resource "aws_security_group" "web" {
          name = "web"
          ingress {
            from_port   = 443
            to_port     = 443
            protocol    = "tcp"
            cidr_blocks = ["10.0.0.0/8"]
          }
        }
        resource "aws_security_group_rule" "ssh" {
          type              = "ingress"
          from_port         = 22
          to_port           = 22
          protocol          = "tcp"
          cidr_blocks       = [var.office]
          security_group_id = aws_security_group.web.id
        }
        """,
        variables_tf="""
        variable "office" {
          type    = string
          default = "192.0.2.0/24"
        }
        """,
    ),
    "database": _module(
        main_tf="""
        resource "aws_db_instance" "main" {
          identifier              = "main"
          engine                  = "postgres"
          instance_class          = "db.t3.micro"
          allocated_storage       = 20
          deletion_protection     = true
          skip_final_snapshot     = false
          storage_encrypted       = true
          publicly_accessible     = false
          backup_retention_period = 7
          username                = "app"
          password                = var.password
        }
        variable "password" {
          type      = string
          sensitive = true
        }
        """
    ),
    "data": _module(
        main_tf="""
        data "aws_caller_identity" "me" {}
        data "aws_region" "here" {}
        locals {
          where = "${data.aws_caller_identity.me.account_id}/${data.aws_region.here.name}"
        }
        resource "terraform_data" "told" {
          input = local.where
        }
        """
    ),
    "checks": _module(
        main_tf="""
        variable "size" {
          type    = number
          default = 3
          validation {
            condition     = var.size > 0
            error_message = "At least one."
          }
        }
        resource "terraform_data" "checked" {
          input = var.size
          lifecycle {
            precondition {
              condition     = var.size < 10
              error_message = "Too many."
            }
          }
        }
        check "small" {
          assert {
            condition     = var.size < 5
            error_message = "Larger than usual."
          }
        }
        """
    ),
    "moved": _module(
        main_tf="""
        resource "terraform_data" "new" {
          input = 1
        }
        moved {
          from = terraform_data.old
          to   = terraform_data.new
        }
        """
    ),
    "files": _module(
        main_tf="""
        resource "terraform_data" "page" {
          input = file("${path.module}/page.txt")
        }
        resource "terraform_data" "size" {
          input = 12
        }
        """
    ),
    "strings": _module(
        main_tf="""
        resource "terraform_data" "said" {
          # a comment with resource "terraform_data" "none" {}
          input = <<-EOT
            hello
            %{ if true }there%{ endif }
          EOT
        }
        resource "terraform_data" "quoted" {
          input = "a \\"quoted\\" word"
        }
        variable "said" {
          type    = string
          default = "hello"
        }
        """
    ),
    "broken": _module(
        main_tf="""
        resource "terraform_data" "typo" {
          inptu = "first"
          count = var.sise
        }
        variable "size" {
          type    = number
          default = "many"
        }
        """,
        network_tf="""
        resource "terraform_data" "net" {
          input = ["10.0.0.0/16", "10.1.0.0/16"]
        }
        """,
    ),
    "many files": _module(
        a_tf="""
        resource "terraform_data" "a" {
          input = local.names["a"]
        }
        """,
        b_tf="""
        resource "terraform_data" "b" {
          input = local.names["b"]
        }
        """,
        locals_tf="""
        locals {
          names = {
            a = "alpha"
            b = "beta"
          }
        }
        """,
        prod_tfvars="""
        # values of production
        """,
        versions_tf="""
        terraform {
          required_version = ">= 1.6"
        }
        """,
    ),
}
