variable "guests" {
  type    = list(string)
  default = ["dns-01", "dns-02"]
}

resource "terraform_data" "guest" {
  for_each = toset(var.guests)
  input    = each.key
}
