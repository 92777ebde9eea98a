variable "hosts" {
  type    = map(number)
  default = { "vpn.example" = 90, "git.example" = 30 }
}

# The day on which the present set was issued; goes up by hand with each new set.
variable "issued_on" {
  type    = string
  default = "2026-03-01T00:00:00Z"
}
