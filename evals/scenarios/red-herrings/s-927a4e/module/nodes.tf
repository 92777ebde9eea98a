variable "nodes" {
  type    = map(string)
  default = { front = "small", back = "small", store = "medium" }
}

resource "terraform_data" "tenancy" {
  input = { nodes = length(var.nodes) }

  lifecycle {
    precondition {
      condition     = sum([for size in values(var.nodes) : local.sizes[size].cpus]) <= 16
      error_message = "QuotaExceeded: the tenancy may hold 16 processors; ask for a higher limit."
    }
  }
}

resource "terraform_data" "node" {
  for_each   = var.nodes
  depends_on = [terraform_data.tenancy]
  input      = { size = each.value, cpus = local.sizes[each.value].cpus }
}
