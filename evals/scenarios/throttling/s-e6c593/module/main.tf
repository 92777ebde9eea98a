terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

provider "aws" {
  region                      = "eu-north-1"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  max_retries                 = 1
  s3_use_path_style           = true
}

resource "aws_iam_group" "team" {
  for_each = toset(["backend", "frontend"])

  name = each.key
  path = "/people/"
}
