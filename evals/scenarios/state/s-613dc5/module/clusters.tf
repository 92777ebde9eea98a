locals {
  clusters = yamldecode(file("${path.module}/clusters.yaml"))
}

resource "terraform_data" "cluster" {
  for_each = { for one in local.clusters : one.key => one }

  input = {
    region = each.value.region
    nodes  = each.value.nodes
  }

  lifecycle {
    prevent_destroy = true
  }
}

output "nodes" {
  value = sum([for one in terraform_data.cluster : one.output.nodes])
}
