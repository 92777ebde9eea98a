variable "replicas" {
  type    = number
  default = 2
}

resource "terraform_data" "gate" {
  count = var.replicas
  input = { name = "gate-${count.index}", port = 8000 + count.index }
}
