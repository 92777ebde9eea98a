variable "accounts" {
  type    = map(number)
  default = { ines = 2001, tariq = 2002 }
}

resource "terraform_data" "account" {
  for_each = var.accounts
  input    = { login = each.key, uid = each.value }
}
