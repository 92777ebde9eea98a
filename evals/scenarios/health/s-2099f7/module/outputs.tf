# The service moved its probe from /health to /status/live in release 7.
output "probe" {
  value = "/status/live"
}
