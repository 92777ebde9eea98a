variable "window" {
  description = "Hours of the night in which the switches may restart: from, to."
  type        = object({ from = number, to = number })
  default     = { from = 5, to = 2 }

  validation {
    condition     = var.window.from < var.window.to
    error_message = "A night has its beginning before its end."
  }
}

resource "terraform_data" "switch" {
  for_each = { core = "10.9.0.2", access = "10.9.0.3" }

  input = {
    address = each.value
    window  = "${var.window.from}-${var.window.to}"
  }
}
