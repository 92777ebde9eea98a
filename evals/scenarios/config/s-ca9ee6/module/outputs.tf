output "days" {
  value = local.keep_days
}
