module "rack" {
  source   = "./rack"
  for_each = { a1 = 12, a2 = 8 }

  label = each.key
  units = each.value
}
