terraform {
  backend "http" {
    address        = "@STATE@"
    lock_address   = "@STATE@"
    unlock_address = "@STATE@"
    retry_max      = 0
  }
}

locals {
  people = csvdecode(file("${path.module}/people.csv"))
}

resource "terraform_data" "badge" {
  for_each = { for person in local.people : person.login => person }
  input    = each.value
}
