variable "name" {
  type = string
}

locals {
  url = "amqp://broker.lab.internal/${var.name}"
}

resource "terraform_data" "queue" {
  input = local.url
}
