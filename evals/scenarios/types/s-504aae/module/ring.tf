variable "shards" {
  type    = number
  default = 3
}

resource "terraform_data" "ring" {
  input = {
    name   = "orders"
    shards = var.shards
  }
}
