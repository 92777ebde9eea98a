# State in MinIO, or another store that speaks S3. Key and secret come from the environment
# (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY). The bucket must exist, with versioning on.

terraform {
  required_version = ">= 1.10" # use_lockfile

  backend "s3" {
    bucket = "planner-example-state"
    key    = "example/terraform.tfstate"

    # Where the store is. Buckets are a path of this URL, not a name before it.
    endpoints      = { s3 = "http://127.0.0.1:9000" }
    use_path_style = true

    # What only AWS has: its regions, its account numbers, its identity service, its machines.
    region                      = "us-east-1"
    skip_region_validation      = true
    skip_requesting_account_id  = true
    skip_credentials_validation = true
    skip_metadata_api_check     = true

    # The lock is an object written with `If-None-Match: *`. A store that ignores this header gives
    # no lock and no error: try it once with two runs before you trust it.
    use_lockfile = true
  }
}
