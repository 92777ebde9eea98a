resource "terraform_data" "rack" {
  for_each = local.racks
  input    = { row = each.value, hall = local.hall }
}
