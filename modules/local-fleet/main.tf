# A fleet of boxes that exist in the state only: everything but a cloud account is real.

terraform {
  required_version = ">= 1.4" # terraform_data
}

resource "terraform_data" "box" {
  count = var.boxes

  input = {
    name = format("%s-%02d", var.prefix, count.index + 1)
  }
}
