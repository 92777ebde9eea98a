listeners = [
  { name = "plain", address = "10.20.0.4", port = 80 },
  { name = "secure", address = "10.20.0.4", port = "https", tls = true },
]
