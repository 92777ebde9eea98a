variable "division" {
  type    = string
  default = "staff"
}

variable "region" {
  type    = string
  default = "EU"
}
