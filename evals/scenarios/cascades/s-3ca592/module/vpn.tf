resource "terraform_data" "tunnel" {
  input = {
    left  = local.sties.oslo.cidr
    right = local.sties.bergen.cidr
  }
}
