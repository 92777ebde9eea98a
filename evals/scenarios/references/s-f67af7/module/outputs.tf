output "soa" {
  value = {
    primary = terraform_data.zone.output.primary
    serial  = terraform_data.zone.output.revision
  }
}
