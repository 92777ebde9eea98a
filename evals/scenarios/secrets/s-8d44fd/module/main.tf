variable "feeds" {
  type    = list(string)
  default = ["weather", "traffic"]
}

resource "terraform_data" "feed" {
  for_each = toset(var.feeds)
  input    = { name = each.key }
}

resource "terraform_data" "login" {
  input = { user = "feeds" }

  provisioner "local-exec" {
    command = "sh login.sh"
  }
}
