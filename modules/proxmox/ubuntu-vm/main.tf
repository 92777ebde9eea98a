# One Ubuntu virtual machine, made from a cloud image and set up by cloud-init.

terraform {
  required_version = ">= 1.4"

  required_providers {
    proxmox = {
      source = "bpg/proxmox"
      # proxmox_download_file came with 0.100; 1.0 is announced to drop old names.
      version = ">= 0.100.0, < 1.0.0"
    }
  }
}

# Where the cluster is, and the token, come from PROXMOX_VE_ENDPOINT and PROXMOX_VE_API_TOKEN, so that
# neither is in a file, a plan or the state.
provider "proxmox" {}

resource "proxmox_download_file" "image" {
  node_name    = var.node
  datastore_id = var.image_datastore
  content_type = "import"
  url          = var.image_url
  # An import goes by the ending, and Ubuntu calls its qcow2 images .img.
  file_name = "${trimsuffix(basename(var.image_url), ".img")}.qcow2"
  # A daily image changes under its URL: that must not rebuild a machine made from it.
  overwrite = false
}

resource "proxmox_virtual_environment_vm" "vm" {
  node_name   = var.node
  name        = var.hostname
  description = "Managed by Terraform"

  # The image has no guest agent: waiting for one would take 15 minutes, and without one a machine
  # that ignores ACPI would never be destroyed.
  agent {
    enabled = false
  }
  stop_on_destroy = true

  cpu {
    cores = var.cores
    type  = "x86-64-v2-AES"
  }

  memory {
    dedicated = var.memory_mb
  }

  operating_system {
    type = "l26"
  }

  disk {
    datastore_id = var.datastore
    import_from  = proxmox_download_file.image.id
    interface    = "virtio0"
    size         = var.disk_gb
    discard      = "on"
    iothread     = true
  }

  network_device {
    bridge = var.bridge
  }

  # Without a serial console an Ubuntu cloud image can panic once its disk has grown.
  serial_device {}

  initialization {
    datastore_id = var.datastore

    ip_config {
      ipv4 {
        address = var.address
        gateway = var.address == "dhcp" ? null : var.gateway
      }
    }

    user_account {
      username = var.user
      keys     = var.ssh_keys
    }
  }
}
