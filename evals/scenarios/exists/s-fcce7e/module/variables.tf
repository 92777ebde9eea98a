variable "services" {
  type = map(number)
  default = {
    basket   = 14
    checkout = 90
    search   = 7
  }
}
