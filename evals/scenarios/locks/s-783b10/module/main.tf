variable "aliases" {
  type = map(list(string))
  default = {
    office = ["nina", "paul"]
    sales  = ["omar"]
  }
}

resource "terraform_data" "alias" {
  for_each = var.aliases
  input    = { address = "${each.key}@mail.example", members = sort(each.value) }
}
