output "names" {
  value = terraform_data.box[*].output.name
}

output "endpoint" {
  value = var.endpoint
}
