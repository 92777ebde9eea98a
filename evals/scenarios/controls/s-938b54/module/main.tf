variable "floors" {
  type    = string
  default = "4"
}

resource "terraform_data" "lift" {
  input = { floors = var.floors }

  lifecycle {
    ignore_changes = ["triggers_replace"]
  }
}

resource "terraform_data" "door" {
  count      = "${var.floors}"
  input      = "${terraform_data.lift.id}"
  depends_on = ["terraform_data.lift"]
}
