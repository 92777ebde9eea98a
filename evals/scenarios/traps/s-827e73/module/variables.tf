variable "region" {
  type    = string
  default = "eu-north"
}

variable "engine" {
  type    = string
  default = "rows"
}

variable "class" {
  type    = string
  default = "m2"
}
