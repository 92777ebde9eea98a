output "networks" {
  value = [for site in local.sties : site.cidr]
}

output "sites" {
  value = sort(keys(local.sites))
}
