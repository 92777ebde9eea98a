variable "tiers" {
  description = "GB that each tier holds."
  type        = list(number)
  default     = [20, 50, 200]
}

resource "terraform_data" "limit" {
  input = {
    largest = max(var.tiers)
    unit    = "GB"
  }
}

output "largest" {
  value = terraform_data.limit.output.largest
}
