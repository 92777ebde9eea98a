locals {
  phones = {
    for line in split("\n", trimspace(file("${path.module}/phones.txt"))) :
    split(" ", line)[0] => split(" ", line)[1]
  }
}

resource "terraform_data" "phone" {
  for_each = local.phones
  input    = { owner = each.key, number = each.value }
}
