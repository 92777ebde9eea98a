output "vm_ids" {
  description = "Host name to the container's number in the cluster."
  value       = { for name, box in proxmox_virtual_environment_container.box : name => box.vm_id }
}

output "addresses" {
  description = "Host name to IPv4 address without the prefix, or dhcp."
  value       = { for name, box in var.containers : name => split("/", box.address)[0] }
}
