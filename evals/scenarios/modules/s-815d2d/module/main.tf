module "edge" {
  source = "./router"
  uplink = "10.0.99.1"
}

resource "terraform_data" "tunnel" {
  count = module.edge.serial == "" ? 0 : 2
  input = "tunnel-${count.index}"
}
