output "role" {
  value = aws_iam_role.deploy.name
}
