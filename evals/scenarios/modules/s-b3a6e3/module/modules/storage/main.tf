variable "disks" {
  type = list(string)
}

resource "terraform_data" "disk" {
  for_each = toset(var.disks)
  input    = "/dev/${each.value}"
}
