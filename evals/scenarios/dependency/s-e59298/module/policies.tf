resource "aws_iam_group_policy" "logs" {
  name  = "read-logs"
  group = "data-engineering"

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["logs:GetLogEvents"], Resource = "*" }]
  })

  depends_on = [aws_iam_group.of]
}
