resource "terraform_data" "record" {
  for_each = {
    www  = "10.30.1.10"
    mail = "10.30.1.25"
  }

  input = {
    name    = each.key
    address = each.value
    ttl     = var.ttl
  }
}
