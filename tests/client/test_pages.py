"""What the pages about the client tell a reader to write runs as it stands."""

from __future__ import annotations

import re

import pytest

from tests.client.conftest import at_work
from tests.client.places import ROOT

BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = ("client/README.md", "docs/api.md", "README.md")


@pytest.mark.parametrize("page", PAGES)
def test_every_block_runs(api, page, monkeypatch, capsys):
    monkeypatch.setenv("SETTLE", str(api.client.base_url))
    monkeypatch.setenv("API_KEY", api.caller().key)
    text = (ROOT / page).read_text("utf-8")
    blocks = [block for block in BLOCK.findall(text) if "settle_client" in block]
    assert blocks
    known: dict[str, object] = {}
    with at_work(api):
        for block in blocks:
            exec(compile(block, page, "exec"), known)
    assert capsys.readouterr().out
