resource "terraform_data" "feed" {
  for_each = local.racks
  input    = "${local.hall}-${each.key}-${local.phase}"
}
