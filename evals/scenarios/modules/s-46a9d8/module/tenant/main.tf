resource "terraform_data" "namespace" {
  input = {
    name  = var.name
    owner = var.owner
  }
}
