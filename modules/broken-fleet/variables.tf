variable "prefix" {
  description = "What the name of every node begins with."
  type        = string
  default     = "fleet"
}

variable "memory_mb" {
  description = "Memory of each node, in megabytes."
  type        = number
  default     = 512
}
