locals {
  weights = {
    # Shares of the traffic, in per cent; they come to a hundred.
    blue   = 70
    green  = "20%"
    canary = 10
  }

  total = sum(values(local.weights))
}

resource "terraform_data" "pool" {
  for_each = local.weights

  input = {
    name  = each.key
    share = each.value / local.total
  }
}
