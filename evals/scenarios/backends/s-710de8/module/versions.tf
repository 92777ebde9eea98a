terraform {
  backend "http" {
    address        = "@STATE@"
    lock_address   = "@STATE@"
    unlock_address = "@STATE@"
    retry_max      = 0
  }
}
