locals {
  reached = {
    factory = "10.71.0.0/16"
    office  = "10.72.0.0/16"
  }
}

resource "terraform_data" "route" {
  for_each = local.reached

  input = {
    to  = each.value
    via = terraform_data.gatway.output.address
  }
}
