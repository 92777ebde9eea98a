module "camera" {
  source   = "./camera"
  for_each = local.doors

  place      = each.key
  resolution = each.value
  framerate  = 15
}
