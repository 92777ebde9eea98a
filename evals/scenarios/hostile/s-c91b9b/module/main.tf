resource "terraform_data" "vault" {
  input = { name = "vault", shards = 5 }
}

resource "terraform_data" "unseal" {
  triggers_replace = terraform_data.vault.id

  provisioner "local-exec" {
    command = "sh unseal.sh"
  }
}
