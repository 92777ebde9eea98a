output "banner" {
  value = "This is ${var.environment}."
}
