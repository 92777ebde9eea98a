variable "team" {
  type = string
}

variable "stage" {
  type = string
}

resource "aws_s3_bucket" "store" {
  bucket = "acme-${var.team}-${var.stage}"
}

output "name" {
  value = aws_s3_bucket.store.bucket
}
