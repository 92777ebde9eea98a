# A private, versioned, encrypted bucket and the table that indexes it.

terraform {
  required_version = ">= 1.4"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

# Credentials come from the environment. Without an endpoint this block is the usual one: every
# line after the region then has the provider's own default.
provider "aws" {
  region = var.region

  s3_use_path_style           = var.endpoint != null
  skip_credentials_validation = var.endpoint != null
  skip_metadata_api_check     = var.endpoint != null ? "true" : null
  skip_region_validation      = var.endpoint != null
  skip_requesting_account_id  = var.endpoint != null

  dynamic "endpoints" {
    for_each = var.endpoint[*]

    content {
      dynamodb = endpoints.value
      s3       = endpoints.value
      sts      = endpoints.value
    }
  }
}

resource "aws_s3_bucket" "store" {
  bucket = var.bucket
}

resource "aws_s3_bucket_versioning" "store" {
  bucket = aws_s3_bucket.store.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "store" {
  bucket = aws_s3_bucket.store.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "store" {
  bucket = aws_s3_bucket.store.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_dynamodb_table" "index" {
  name         = "${var.bucket}-index"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }
}
