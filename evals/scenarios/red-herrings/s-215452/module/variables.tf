variable "replica_host" {
  description = "Where the replica listens. The database lives in 10.60.0.0/24: the primary is .5, the replica .6."
  type        = string
  default     = "10.66.0.6"
}
