variable "replicas" {
  type    = number
  default = 2
}

resource "terraform_data" "player" {
  count = var.replicas
  input = { name = "player-${count.index}", port = 8000 + count.index }
}
