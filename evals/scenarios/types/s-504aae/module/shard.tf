resource "terraform_data" "shard" {
  count = terraform_data.ring.output.shards

  input = "${terraform_data.ring.output.name}-${count.index}"
}
