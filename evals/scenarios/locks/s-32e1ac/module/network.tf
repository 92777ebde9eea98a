variable "cidr" {
  type    = string
  default = "10.40.0.0/16"
}

resource "terraform_data" "network" {
  input = { name = "core", cidr = var.cidr }
}

resource "terraform_data" "subnet" {
  count = 3

  input = {
    network = terraform_data.network.id
    cidr    = cidrsubnet(var.cidr, 8, count.index)
  }
}

output "subnets" {
  value = terraform_data.subnet[*].output.cidr
}
