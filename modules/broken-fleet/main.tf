terraform {
  required_version = ">= 1.4" # terraform_data
}

locals {
  roles = ["web", "api", "worker"]
}

resource "terraform_data" "node" {
  for_each = toset(local.roles)

  input = {
    name   = "${var.prefix}-${each.key}"
    memory = var.memory_mb
  }
}
