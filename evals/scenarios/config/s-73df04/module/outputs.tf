output "hosts" {
  value = sort(keys(local.hours))
}
