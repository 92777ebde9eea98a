variable "uplink" {
  type = string
}

resource "terraform_data" "router" {
  input = var.uplink
}

output "serial" {
  value = terraform_data.router.id
}
