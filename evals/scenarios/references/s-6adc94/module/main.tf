module "campus" {
  source = "./campus"
  block  = "10.96.0.0/14"
}

resource "terraform_data" "firewall" {
  input = {
    zone    = "inside"
    trusted = [module.campus.cidr]
  }
}

output "trusted" {
  value = terraform_data.firewall.output.trusted
}
