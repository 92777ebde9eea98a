variable "groups" {
  type    = list(string)
  default = ["platform-engineers", "data-engineers"]
}

resource "aws_iam_group" "of" {
  for_each = toset(var.groups)
  name     = each.key
}
