output "cidrs" {
  value = { for name, segment in terraform_data.segment : name => segment.output.cidr }
}
