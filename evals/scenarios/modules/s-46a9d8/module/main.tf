variable "contact" {
  description = "Who answers for all tenants."
  type        = string
  default     = "platform@lab.internal"
}

module "tenant" {
  source   = "./tenant"
  for_each = toset(["research", "teaching"])

  name = each.key
}
