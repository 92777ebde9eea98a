resource "terraform_data" "certificate" {
  for_each = var.hosts

  input = {
    host   = each.key
    issued = timestamp()
    days   = each.value
  }
}
