locals {
  logins = { guest = "welcome-desk", kiosk = "lobby-screen" }
}

resource "terraform_data" "login" {
  for_each = local.logins

  input = {
    name   = each.key
    digest = bcrypt(each.value)
  }
}
