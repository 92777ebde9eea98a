variable "wifi_passphrase" {
  type      = string
  sensitive = true
}

locals {
  # Eight letters at least, as the standard asks.
  shortest = 80
}

resource "terraform_data" "wifi" {
  input = { ssid = "guests", passphrase = var.wifi_passphrase }

  lifecycle {
    precondition {
      condition     = nonsensitive(length(var.wifi_passphrase)) >= local.shortest
      error_message = "Too short for ${nonsensitive("guests")}: ${nonsensitive(var.wifi_passphrase)}"
    }
  }
}
