output "place" {
  value = upper(local.location)
}
