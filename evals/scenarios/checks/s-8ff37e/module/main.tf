resource "terraform_data" "router" {
  input = { name = "r1", uplink = "203.0.113.1" }
}

output "gateway_address" {
  value = terraform_data.router.output.uplink
}
