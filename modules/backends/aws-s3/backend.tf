# State in AWS S3. The bucket must exist, with versioning on (an older state is then one click away)
# and public access blocked. A backend cannot read variables: write your names here, or leave them
# out and give them to `terraform init -backend-config=…`.

terraform {
  required_version = ">= 1.10" # use_lockfile

  backend "s3" {
    bucket = "planner-example-state"
    key    = "example/terraform.tfstate"
    region = "us-east-1"

    # The lock is an object beside the state, written only if it is not there yet. No table needed.
    use_lockfile = true

    # The store encrypts the state at rest. It holds secrets in plain text all the same: whoever may
    # read the object may read them.
    encrypt = true
  }
}
