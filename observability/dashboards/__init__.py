"""Grafana dashboards as code, for developers: nothing that runs imports this, users take `json/`."""
