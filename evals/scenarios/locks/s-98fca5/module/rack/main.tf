variable "label" { type = string }
variable "units" { type = number }

resource "terraform_data" "slot" {
  input = { rack = var.label, free = 42 - var.units }
}
