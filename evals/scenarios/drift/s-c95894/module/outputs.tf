output "logins" {
  value = sort([for one in terraform_data.login : one.output.name])
}
