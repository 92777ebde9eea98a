locals {
  sizes = {
    # Each has twice the processors of the one before.
    small  = { cpus = 20 }
    medium = { cpus = 4 }
    large  = { cpus = 8 }
  }
}
