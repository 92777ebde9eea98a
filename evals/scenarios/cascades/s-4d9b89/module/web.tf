resource "terraform_data" "web" {
  count = 2
  input = "${var.environment}-web-${count.index}"
}
