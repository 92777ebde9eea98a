locals {
  hall  = "h2"
  phase = "L1"

  racks = {
    r01 = "a"
    r02 = "a"
  }
}
