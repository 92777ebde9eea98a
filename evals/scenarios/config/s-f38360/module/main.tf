locals {
  issued = "2026-03-01"
}

resource "terraform_data" "certificate" {
  input = {
    subject = "CN=mail.lab.internal"
    days    = 90
  }

  trigger_replace = [local.issued]
}
