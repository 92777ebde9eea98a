variable "stage" {
  type        = string
  description = "Where it runs: prod, test or lab."
}
