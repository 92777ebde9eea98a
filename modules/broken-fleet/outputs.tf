output "names" {
  description = "Name of the node for each role."
  value       = { for role, box in terraform_data.box : role => box.output.name }
}

output "total_memory_mb" {
  description = "Memory of the whole fleet, in megabytes."
  value       = length(local.roles) * var.memory_mb
}
