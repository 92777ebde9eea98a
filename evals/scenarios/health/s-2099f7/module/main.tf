variable "replicas" {
  type    = number
  default = 2
}

resource "terraform_data" "catalog" {
  count = var.replicas
  input = { name = "catalog-${count.index}", port = 8000 + count.index }
}
