locals {
  sites = {
    oslo   = { cidr = "10.81.0.0/16", clock = "Europe/Oslo" }
    bergen = { cidr = "10.82.0.0/16", clock = "Europe/Oslo" }
  }
}
