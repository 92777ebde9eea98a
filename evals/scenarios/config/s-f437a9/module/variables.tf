variable "boxes" {
  type    = number
  default = 0

  validation {
    condition     = var.boxes > 0
    error_message = "A fleet needs at least one box; ours has five."
  }
}

variable "prefix" {
  type    = string
  default = "box"
}

variable "endpoint" {
  type    = string
  default = "http://127.0.0.1:8731"
}
