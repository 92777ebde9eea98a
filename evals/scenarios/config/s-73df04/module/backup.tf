locals {
  plan = [
    { host = "db1", hour = 1, keep = 14 },
    { host = "db2", hour = 3, keep = 14 },
    { host = "files", hour = 4, keep = 30 },
  ]

  hours = { for entry in local.plan : entry.host, entry.hour }
}

resource "terraform_data" "job" {
  for_each = local.hours

  input = {
    host = each.key
    cron = "0 ${each.value} * * *"
  }
}
