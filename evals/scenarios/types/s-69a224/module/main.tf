resource "terraform_data" "listener" {
  for_each = { for l in var.listeners : l.name => l }

  input = {
    bind = "${each.value.address}:${each.value.port}"
    tls  = each.value.tls
  }
}

output "binds" {
  value = { for name, l in terraform_data.listener : name => l.output.bind }
}
