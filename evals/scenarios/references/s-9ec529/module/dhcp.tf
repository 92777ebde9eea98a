resource "terraform_data" "scope" {
  for_each = {
    phones  = "10.5.16.0/22"
    printer = "10.5.20.0/24"
  }

  input = {
    name = "${local.prefix}-${local.location}-${each.key}"
    site = local.site
    cidr = each.value
  }
}
