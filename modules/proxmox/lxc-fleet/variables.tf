variable "node" {
  description = "The node of the cluster to place it on, such as pve1."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$", var.node))
    error_message = "node must be the name of a node: letters, digits and hyphens."
  }
}

variable "ssh_keys" {
  description = "Public keys that may log in; there is no password."
  type        = list(string)

  validation {
    condition     = length(var.ssh_keys) > 0 && alltrue([for key in var.ssh_keys : can(regex("^(ssh|ecdsa|sk)-", key))])
    error_message = "ssh_keys must hold at least one public key in OpenSSH's one-line form."
  }
}

variable "containers" {
  description = "The fleet: host name to size and address. Removing an entry destroys its container."
  type = map(object({
    address   = optional(string, "dhcp")
    cores     = optional(number, 1)
    memory_mb = optional(number, 512)
  }))
  default = { box-1 = {}, box-2 = {}, box-3 = {} }

  validation {
    condition     = alltrue([for name in keys(var.containers) : can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", name))])
    error_message = "The keys of containers must be DNS labels: lower-case letters, digits and hyphens."
  }

  validation {
    condition     = alltrue([for box in values(var.containers) : box.address == "dhcp" || can(cidrnetmask(box.address))])
    error_message = "address must be dhcp, or an IPv4 address with its prefix, such as 10.0.0.5/24."
  }

  validation {
    condition = length([for box in values(var.containers) : box if box.address != "dhcp"]) == length(
      distinct([for box in values(var.containers) : split("/", box.address)[0] if box.address != "dhcp"])
    )
    error_message = "No two containers may have the same address."
  }

  validation {
    condition     = alltrue([for box in values(var.containers) : box.cores >= 1 && box.memory_mb >= 64])
    error_message = "Each container needs at least one core and 64 megabytes."
  }
}

variable "gateway" {
  description = "IPv4 gateway of static addresses; unused with dhcp."
  type        = string
  default     = null

  validation {
    condition     = var.gateway == null || can(cidrnetmask("${var.gateway}/32"))
    error_message = "gateway must be an IPv4 address without a prefix."
  }
}

variable "template" {
  description = "Container template that the node holds (`pveam download` fetches one)."
  type        = string
  default     = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"

  validation {
    condition     = can(regex("^[^:/]+:vztmpl/[^/]+$", var.template))
    error_message = "template must be DATASTORE:vztmpl/FILE."
  }
}

variable "os" {
  description = "The family of the template's system."
  type        = string
  default     = "debian"

  validation {
    condition     = contains(["alpine", "archlinux", "centos", "debian", "devuan", "fedora", "gentoo", "nixos", "opensuse", "ubuntu", "unmanaged"], var.os)
    error_message = "os must be one that Proxmox VE can set up, or unmanaged."
  }
}

variable "disk_gb" {
  description = "Size of the disk, in gigabytes."
  type        = number
  default     = 4

  validation {
    condition     = var.disk_gb >= 1 && floor(var.disk_gb) == var.disk_gb
    error_message = "disk_gb must be a whole number, 1 or more."
  }
}

variable "datastore" {
  description = "Where the disk is made."
  type        = string
  default     = "local-lvm"
}

variable "bridge" {
  description = "Network bridge of the node."
  type        = string
  default     = "vmbr0"
}
