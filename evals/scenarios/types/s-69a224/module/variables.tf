variable "listeners" {
  description = "What the proxy listens on; port is the number."
  type = list(object({
    name    = string
    address = string
    port    = number
    tls     = optional(bool, false)
  }))
}
