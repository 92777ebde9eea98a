locals {
  site   = "hel1"
  prefix = "lab"
}
