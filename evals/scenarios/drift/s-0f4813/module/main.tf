terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

provider "aws" {
  region                      = "eu-west-2"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  max_retries                 = 1
  s3_use_path_style           = true
}

resource "aws_ssm_parameter" "setting" {
  for_each = { limit = "250", currency = "GBP" }

  name  = "/orders/${each.key}"
  type  = "String"
  value = each.value
}

output "limit" {
  value = nonsensitive(aws_ssm_parameter.setting["limit"].value)
}
