variable "staff" {
  type    = list(string)
  default = ["ines", "jonas", "mirela"]
}

variable "quota_gb" {
  type    = number
  default = 5
}
