locals {
  # Every building has a /23 of its own.
  buildings = {
    library = "10.64.0.0/23"
    chemist = "10.64.2.0/33"
    stadium = "10.64.4.0/23"
  }
}

resource "terraform_data" "building" {
  for_each = local.buildings

  input = {
    name    = each.key
    range   = each.value
    gateway = cidrhost(each.value, 1)
  }
}
