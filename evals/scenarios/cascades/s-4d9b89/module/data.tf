resource "terraform_data" "database" {
  input = {
    name  = "${var.environment}_orders"
    large = var.environment == "prod"
  }
}
