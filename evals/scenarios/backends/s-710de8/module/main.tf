resource "terraform_data" "archive" {
  input = {
    name       = "invoices"
    keep_years = 10
  }
}

output "archive_id" {
  value = terraform_data.archive.id
}
