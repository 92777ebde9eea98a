output "vm_id" {
  description = "The machine's number in the cluster."
  value       = proxmox_virtual_environment_vm.vm.vm_id
}

output "hostname" {
  description = "The machine's name."
  value       = var.hostname
}

output "address" {
  description = "Its IPv4 address without the prefix, or dhcp."
  value       = split("/", var.address)[0]
}
