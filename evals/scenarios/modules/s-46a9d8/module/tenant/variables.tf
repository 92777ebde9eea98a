variable "name" {
  type = string
}

variable "owner" {
  description = "Whom to ask, as an address of mail."
  type        = string

  validation {
    condition     = strcontains(var.owner, "@")
    error_message = "An address of mail is needed."
  }
}
