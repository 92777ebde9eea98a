variable "replicas" {
  type    = number
  default = 2
}

resource "terraform_data" "relay" {
  count = var.replicas
  input = { name = "relay-${count.index}", port = 8000 + count.index }
}
