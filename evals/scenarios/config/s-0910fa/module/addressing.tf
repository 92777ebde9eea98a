variable "block" {
  type    = string
  default = "10.40.0.0/16"
}

locals {
  halls = {
    press   = 1
    paint   = 2
    storage = 3
  }
}

resource "terraform_data" "segment" {
  for_each = local.halls

  input = {
    hall = each.key
    cidr = cidrsubnet(var.block, 8)
  }
}
