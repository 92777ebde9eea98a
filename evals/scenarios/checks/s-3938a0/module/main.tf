module "signing" {
  source = "./signing"
  name   = "artifacts"
}

output "signer" {
  value = module.signing.name
}
