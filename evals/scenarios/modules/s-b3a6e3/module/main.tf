module "storage" {
  source = "./modules/storage"
  disks  = ["sdb", "sdc"]
}

module "compute" {
  source = "./modules/compute"
  nodes  = 2
}
