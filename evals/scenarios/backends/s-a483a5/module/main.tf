terraform {
  backend "local" {
    path = "dns/prod.tfstate"
  }
}

locals {
  zones = {
    "corp.example" = 300
    "shop.example" = 60
  }
}

resource "terraform_data" "zone" {
  for_each = local.zones

  input = {
    name = each.key
    ttl  = each.value
  }
}

output "serials" {
  value = { for name, zone in terraform_data.zone : name => zone.id }
}
