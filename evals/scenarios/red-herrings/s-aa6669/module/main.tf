locals {
  delegated = ["corp.example.internal", "lab.example.internal"]
}

resource "terraform_data" "record" {
  input = {
    zone = var.zone
    name = "wiki"
    type = "A"
  }

  lifecycle {
    precondition {
      condition     = contains(local.delegated, var.zone)
      error_message = "AccessDenied: the deploy role is not authorized to write records to the zone ${var.zone}."
    }
  }
}
