resource "terraform_data" "box" {
  count = var.boxes

  input = {
    name = format("%s-%02d", var.prefix, count.index + 1)
  }
}
