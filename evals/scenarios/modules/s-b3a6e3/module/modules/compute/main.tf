variable "nodes" {
  type = number
}

resource "terraform_data" "node" {
  count = var.nodes
  input = "node-${count.index}"
}
