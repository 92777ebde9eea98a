# Address plan: 10.20.0.0/16 is the shop's. .1 front, .2 services, .3 data.
locals {
  subnets = {
    front    = "10.20.1.0/24"
    services = "10.21.2.0/24"
    data     = "10.20.3.0/24"
  }
}

resource "aws_vpc" "shop" {
  cidr_block = "10.20.0.0/16"
}

resource "aws_subnet" "part" {
  for_each = local.subnets

  vpc_id     = aws_vpc.shop.id
  cidr_block = each.value
}
