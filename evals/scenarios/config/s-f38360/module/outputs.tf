output "subject" {
  value = terraform_data.certificate.output.subject
}
