terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

provider "aws" {
  region                      = "us-west-2"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  max_retries                 = 1
  s3_use_path_style           = true
}

data "aws_ssm_parameter" "ami" {
  name = "/base/image"
}

resource "terraform_data" "image" {
  input = { id = nonsensitive(data.aws_ssm_parameter.ami.value), region = "us-west-2" }
}
