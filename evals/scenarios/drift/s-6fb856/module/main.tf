resource "aws_iam_role" "breakglass" {
  name = "break-glass"
  path = "/security/"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })

  lifecycle {
    prevent_destroy = true
  }
}
