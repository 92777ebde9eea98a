locals {
  staff = jsondecode(file("${path.module}/staff.json"))
  night = [for one in local.staff : one if one.shift == "nigth"]
}

resource "terraform_data" "watch" {
  for_each = { for one in local.night : one.name => one }
  input    = { name = each.key, phone = each.value.phone }
}
