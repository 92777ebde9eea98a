variable "people" {
  type    = list(string)
  default = ["ines", "tomas"]
}
