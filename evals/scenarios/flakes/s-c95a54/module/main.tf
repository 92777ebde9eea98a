resource "terraform_data" "image" {
  input = { name = "edge", release = "24.04" }

  provisioner "local-exec" {
    command = "sh pull.sh"
  }
}

resource "terraform_data" "node" {
  count = 2
  input = { name = "edge-${count.index}", image = terraform_data.image.id }
}
