module "reports" {
  source = "./storage"
  team   = "Finance_EU"
  stage  = "prod"
}
