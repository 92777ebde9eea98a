resource "terraform_data" "gateway" {
  input = {
    address = "10.70.0.1"
    asn     = 64512
  }
}
