locals {
  seats = { cad = 4, sim = 2 }
}

resource "terraform_data" "seat" {
  for_each = local.seats
  input    = { product = each.key, count = each.value }
}

resource "terraform_data" "activation" {
  triggers_replace = sum(values(local.seats))

  provisioner "local-exec" {
    command = "sh activate.sh"
  }
}
