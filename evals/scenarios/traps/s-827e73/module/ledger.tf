resource "terraform_data" "ledger" {
  triggers_replace = [var.region, var.engine]

  input = {
    name  = "ledger"
    class = var.class
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "terraform_data" "reader" {
  count = 2
  input = { ledger = terraform_data.ledger.id, n = count.index }
}
