terraform {
  backend "http" {
    address        = "@STATE@"
    lock_address   = "@STATE@"
    unlock_address = "@STATE@"
    username       = "ci-deploy"
    retry_max      = 0
  }
}

resource "terraform_data" "schedule" {
  for_each = toset(["backup", "rotate", "report"])
  input    = { job = each.key, at = "0${length(each.key) % 5}:30" }
}
