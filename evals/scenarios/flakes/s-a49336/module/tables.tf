resource "terraform_data" "table" {
  input = { name = "postcodes", rows = 41320 }

  provisioner "local-exec" {
    command = "exec sh load.sh"
  }
}

output "rows" {
  value = terraform_data.table.output.rows
}
