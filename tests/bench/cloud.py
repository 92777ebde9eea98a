"""The cloud that is measured against: moto on loopback, and the module that makes a bucket in it."""

from __future__ import annotations

import logging
import os
import shutil
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MODULE = Path(__file__).resolve().parents[2] / "modules/aws-bucket"


@contextmanager
def moto() -> Iterator[str]:
    """Its URL."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - heavy, and only for the AWS rows

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def mirror() -> str | None:
    """Where provider plugins lie on this machine; None: AWS is not measured."""
    return os.environ.get("TF_PLUGIN_MIRROR")


def environment(base: dict[str, str], endpoint: str, plugins: str, scratch: Path) -> dict[str, str]:
    """What Terraform needs to take its plugins from a folder and to call this cloud."""
    config = scratch / "cli.tfrc"
    config.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{plugins}"\n  }}\n}}\n',
        encoding="utf-8",
    )
    return base | {
        "TF_CLI_CONFIG_FILE": str(config),
        "TF_VAR_endpoint": endpoint,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
    }


def emptied(endpoint: str) -> None:
    """The cloud holds nothing any more."""
    reset = urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")  # noqa: S310 - loopback
    urllib.request.urlopen(reset).read()  # noqa: S310


def module_in(folder: Path, endpoint: str) -> None:
    """A new copy of the module, and an empty cloud."""
    emptied(endpoint)
    shutil.copytree(MODULE, folder)
