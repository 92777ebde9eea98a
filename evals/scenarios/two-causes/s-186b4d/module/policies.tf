locals {
  retention_days = 30
}

resource "terraform_data" "policy" {
  for_each = toset(["daily", "weekly"])

  input = {
    name = each.key
    days = local.retenton_days
  }
}
