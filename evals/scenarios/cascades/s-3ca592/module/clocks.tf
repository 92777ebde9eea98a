resource "terraform_data" "clock" {
  for_each = local.sties
  input    = each.value.clock
}
