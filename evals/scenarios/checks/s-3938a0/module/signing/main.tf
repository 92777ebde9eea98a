variable "name" { type = string }

# next_rotation is worked out when the signer is made, and must stay as it was then.
resource "terraform_data" "signer" {
  input = {
    name          = var.name
    next_rotation = timeadd(timestamp(), "8760h")
  }
}

output "name" {
  value = terraform_data.signer.output.name
}
