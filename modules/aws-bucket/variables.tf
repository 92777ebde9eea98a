variable "bucket" {
  description = "Name of the bucket: unique among all of S3, so change it here and in planner.yaml."
  type        = string
  default     = "planner-example-store"

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "bucket must be 3 to 63 lower-case letters, digits, dots and hyphens."
  }
}

variable "region" {
  description = "Where the bucket and the table are made."
  type        = string
  default     = "us-east-1"
}

variable "endpoint" {
  description = "URL of an emulator that stands in for AWS; null for AWS itself."
  type        = string
  default     = null

  validation {
    condition     = var.endpoint == null || can(regex("^https?://", var.endpoint))
    error_message = "endpoint must be an http or https URL, or null."
  }
}
