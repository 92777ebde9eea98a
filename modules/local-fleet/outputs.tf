output "names" {
  description = "The boxes, in order."
  value       = terraform_data.box[*].output.name
}

output "endpoint" {
  description = "Where the fleet answers."
  value       = var.endpoint
}
