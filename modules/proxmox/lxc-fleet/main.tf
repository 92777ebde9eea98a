# Unprivileged Linux containers on one node, one for each entry of a map.
#
# Many at once can time out on the node's lock files; `-parallelism=1` then helps.

terraform {
  required_version = ">= 1.4"

  required_providers {
    proxmox = {
      source  = "bpg/proxmox"
      version = ">= 0.100.0, < 1.0.0"
    }
  }
}

# Where the cluster is, and the token, come from PROXMOX_VE_ENDPOINT and PROXMOX_VE_API_TOKEN, so that
# neither is in a file, a plan or the state.
provider "proxmox" {}

resource "proxmox_virtual_environment_container" "box" {
  for_each = var.containers

  node_name    = var.node
  description  = "Managed by Terraform"
  unprivileged = true

  cpu {
    cores = each.value.cores
  }

  memory {
    dedicated = each.value.memory_mb
    swap      = each.value.memory_mb
  }

  disk {
    datastore_id = var.datastore
    size         = var.disk_gb
  }

  operating_system {
    template_file_id = var.template
    type             = var.os
  }

  # systemd in the container needs it, and it is the one feature that an API token may set.
  features {
    nesting = true
  }

  network_interface {
    name   = "eth0"
    bridge = var.bridge
  }

  initialization {
    hostname = each.key

    ip_config {
      ipv4 {
        address = each.value.address
        gateway = each.value.address == "dhcp" ? null : var.gateway
      }
    }

    user_account {
      keys = var.ssh_keys
    }
  }
}
