locals {
  project = "storefront"
}

resource "aws_iam_role" "deploy" {
  name                 = "${local.project}-deploy"
  max_session_duration = 7200

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "codebuild.amazonaws.com" }
    }]
  })
}
