module "queue" {
  source = "./queue"
  name   = "invoices"
}

resource "terraform_data" "worker" {
  count = 2

  input = {
    reads = module.queue.url
    slot  = count.index
  }
}
