variable "block" {
  type = string
}

resource "terraform_data" "range" {
  input = var.block
}

output "address_space" {
  description = "All addresses of the campus."
  value       = terraform_data.range.output
}

output "gateway" {
  description = "The first address."
  value       = cidrhost(var.block, 1)
}
