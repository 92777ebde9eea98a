locals {
  team = "storage"

  keep_days = 14 # until 2 March; since then see archive.tf, where the auditors' quarter stands
}
