"""What the console serves beside its own files is what was taken from elsewhere, and is asked for by its content."""

from __future__ import annotations

import hashlib
import re

from interfaces.http.console.context import ASSETS

OURS = {"console.css", "console.js", "icon.svg", "package.json", "package-lock.json", "SHA256SUMS"}


def digests():
    return {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in ASSETS.iterdir()}


def test_files_from_elsewhere_are_those_that_are_recorded():
    lines = ASSETS.joinpath("SHA256SUMS").read_text("ascii").splitlines()
    recorded = {name: digest for digest, name in map(str.split, lines)}
    assert {name: digest for name, digest in digests().items() if name not in OURS} == recorded


def test_pages_ask_for_each_file_by_its_content_and_get_it(office):
    client = office.server.client
    asked = re.findall(
        r'(?:href|src)="(/console/assets/([0-9a-f]+)/([^"]+))"', client.get("/console/login").text
    )
    assert {name for _, _, name in asked} == {
        "pico.min.css", "console.css", "htmx.min.js", "hx-sse.min.js", "console.js", "icon.svg",
    }  # fmt: skip
    for path, version, name in asked:
        assert digests()[name].startswith(version), name
        assert len(version) == 12
        served = client.get(path)
        assert hashlib.sha256(served.content).hexdigest() == digests()[name]
        assert "immutable" in served.headers["cache-control"]
