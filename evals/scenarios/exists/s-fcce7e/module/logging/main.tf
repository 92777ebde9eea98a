variable "services" {
  type = map(number)
}

resource "aws_cloudwatch_log_group" "of" {
  for_each = var.services

  name              = "/shop/${each.key}"
  retention_in_days = each.value
}
