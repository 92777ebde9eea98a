output "mail" {
  value = terraform_data.recrod["mail"].output.address
}

output "ttl" {
  value = var.ttl
}
