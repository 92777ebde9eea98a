output "total" {
  value = local.total
}
