# Something to keep in the state; replace it by your own resources.

variable "release" {
  description = "What the example records."
  type        = string
  default     = "1"
}

resource "terraform_data" "release" {
  input = var.release
}

output "release" {
  description = "What is recorded."
  value       = terraform_data.release.output
}
