locals {
  # In percent: the canary takes ten, the standby five, stable the rest.
  weights = {
    stable  = 85
    canary  = 20
    standby = 5
  }
}

resource "terraform_data" "rollout" {
  input = local.weights

  lifecycle {
    precondition {
      condition     = sum(values(local.weights)) == 100
      error_message = "The weights of a rollout are percentages and make a whole."
    }
  }
}

output "weights" {
  value = terraform_data.rollout.output
}
