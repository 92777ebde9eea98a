resource "terraform_data" "mailbox" {
  for_each = var.staff

  input = {
    login    = each.value
    quota_gb = var.quota_gb
  }
}
