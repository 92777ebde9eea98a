variable "replicas" {
  type    = number
  default = 2
}

resource "terraform_data" "shop" {
  count = var.replicas
  input = { name = "shop-${count.index}", port = 8000 + count.index }
}
