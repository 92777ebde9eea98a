output "bucket_arn" {
  description = "The bucket's ARN."
  value       = aws_s3_bucket.store.arn
}

output "table" {
  description = "Name of the table."
  value       = aws_dynamodb_table.index.name
}
