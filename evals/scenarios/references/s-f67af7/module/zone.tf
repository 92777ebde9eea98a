resource "terraform_data" "server" {
  input = "ns1.corp.internal"
}

locals {
  fields = {
    origin  = "corp.internal"
    primary = terraform_data.server.output
    held_by = terraform_data.server.id
    serial  = "2026112101"
    notify  = ""
  }
}

resource "terraform_data" "zone" {
  input = { for name, value in local.fields : name => value if value != "" }
}
