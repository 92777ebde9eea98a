terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

provider "aws" {
  region                      = "eu-central-1"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  max_retries                 = 1
  s3_use_path_style           = true
}

variable "people" {
  type    = list(string)
  default = ["ada", "grace"]
}

resource "aws_iam_user" "person" {
  for_each = toset(var.people)

  name = each.key
  path = "/people/"
}
