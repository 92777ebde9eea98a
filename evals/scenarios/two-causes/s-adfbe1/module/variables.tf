# Agreed with those who run the resolvers: 300 s.
variable "ttl" {
  type    = number
  default = 30
}
