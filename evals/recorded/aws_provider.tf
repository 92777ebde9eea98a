terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region                      = "eu-west-1"
  max_retries                 = 1
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  s3_use_path_style           = true
  endpoints {
    ec2        = "@URL@"
    iam        = "@URL@"
    s3         = "@URL@"
    sqs        = "@URL@"
    sns        = "@URL@"
    sts        = "@URL@"
    kms        = "@URL@"
    dynamodb   = "@URL@"
    lambda     = "@URL@"
    ecr        = "@URL@"
    logs       = "@URL@"
    ssm        = "@URL@"
    rds        = "@URL@"
    elbv2      = "@URL@"
    route53    = "@URL@"
    secretsmanager = "@URL@"
  }
}
