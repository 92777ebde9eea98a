output "hall" {
  value = local.hall
}

output "rows" {
  value = distinct(values(local.racks))
}
