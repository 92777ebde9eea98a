locals {
  # As the identity server spells them.
  realms = ["staff-eu", "staff-us"]

  realm = "${var.division}-${var.region}"
}

resource "terraform_data" "session" {
  input = {
    realm = local.realm
    known = join(" ", local.realms)
  }

  provisioner "local-exec" {
    environment = {
      REALM = self.input.realm
      KNOWN = self.input.known
    }
    command = <<-EOT
      for each in $KNOWN; do
        if [ "$each" = "$REALM" ]; then echo "signed in"; exit 0; fi
      done
      echo "401 Unauthorized: the token is not valid or has expired" >&2
      exit 1
    EOT
  }
}
