variable "hosts" {
  type        = list(string)
  description = "Comes from the pipeline's settings."
}

resource "terraform_data" "host" {
  for_each = toset(var.hosts)
  input    = { name = each.key, fqdn = "${each.key}.lan.example" }
}
