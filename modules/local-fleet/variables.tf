variable "boxes" {
  description = "How many boxes the fleet has."
  type        = number
  default     = 5

  validation {
    condition     = var.boxes >= 1 && var.boxes <= 100 && floor(var.boxes) == var.boxes
    error_message = "boxes must be a whole number from 1 to 100."
  }
}

variable "prefix" {
  description = "What the name of every box begins with."
  type        = string
  default     = "box"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}$", var.prefix))
    error_message = "prefix must be lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "endpoint" {
  description = "Where the fleet answers. Nothing is started there: see health.py."
  type        = string
  default     = "http://127.0.0.1:8731"

  validation {
    condition     = can(regex("^https?://", var.endpoint))
    error_message = "endpoint must be an http or https URL."
  }
}
