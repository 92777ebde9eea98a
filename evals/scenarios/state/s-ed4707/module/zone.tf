locals {
  records = {
    www  = { type = "A", to = "192.0.2.10" }
    mx1  = { type = "MX", to = "mail.example." }
    old  = { type = "CNAME", to = "legacy.example." }
  }
}

resource "terraform_data" "record" {
  for_each = local.records
  input    = merge(each.value, { name = each.key })
}
