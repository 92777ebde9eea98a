variable "zone" {
  type        = string
  description = "The zone that the resolvers answer for."
  default     = "lab.internal"

variable "ttl" {
  type        = number
  description = "Seconds for which an answer may be kept."
  default     = 300
}
