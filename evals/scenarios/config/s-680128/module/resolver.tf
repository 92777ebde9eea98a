resource "terraform_data" "resolver" {
  for_each = {
    east = "10.11.0.53"
    west = "10.12.0.53"
  }

  input = {
    address = each.value
    zone    = var.zone
    ttl     = var.ttl
  }
}
