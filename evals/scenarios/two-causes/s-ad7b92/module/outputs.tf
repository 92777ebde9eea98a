output "window" {
  value = "${var.window.from} to ${var.window.to}
}
