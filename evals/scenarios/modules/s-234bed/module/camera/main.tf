variable "place" {
  type = string
}

variable "resolution" {
  type = string
}

variable "frame_rate" {
  description = "Pictures a second."
  type        = number
  default     = 10
}

resource "terraform_data" "stream" {
  input = "${var.place}/${var.resolution}@${var.frame_rate}"
}
