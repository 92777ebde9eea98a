locals {
  streams = toset(["access", "audit"])

  keep_days = 90
}

resource "terraform_data" "stream" {
  for_each = local.streams

  input = {
    name = "${local.team}/${each.key}"
    days = local.keep_days
  }
}
