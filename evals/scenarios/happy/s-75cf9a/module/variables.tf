variable "boxes" {
  type    = number
  default = 5
}

variable "prefix" {
  type    = string
  default = "box"
}

variable "endpoint" {
  type    = string
  default = "http://127.0.0.1:8731"
}
