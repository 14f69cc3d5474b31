"""What docs/api.md tells a reader to send is answered as it says. Rule: R12.6."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import httpx

PAGE = (Path(__file__).parents[4] / "docs" / "api.md").read_text("utf-8")
BLOCK = re.compile(r"^```curl\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXAMPLES = [shlex.split(block.replace("\\\n", " ")) for block in BLOCK.findall(PAGE)]


def _sent(words: list[str], base: str, key: str) -> httpx.Response:
    """What curl does with these words."""
    method, url, body, headers = "GET", "", None, {}
    rest = iter(word.replace("$API_KEY", key).replace("$SETTLE", base) for word in words[1:])
    for word in rest:
        if word == "-X":
            method = next(rest)
        elif word == "-H":
            name, _, text = next(rest).partition(": ")
            headers[name] = text
        elif word == "--json":
            body = next(rest)
            headers["Content-Type"] = "application/json"
        else:
            url = word
    return httpx.request(method, url, content=body, headers=headers, timeout=60)


def test_every_example_is_answered_in_its_order(make_server):
    server = make_server(broker_url="redis://127.0.0.1:1/0")
    key = server.caller("crm", "send", "read", "operate").key
    base = str(server.client.base_url).rstrip("/")
    assert len(EXAMPLES) > 7
    for words in EXAMPLES:
        answer = _sent(words, base, key)
        assert answer.status_code in (200, 202), (words, answer.text)
        server.work()
    assert httpx.get(f"{base}/v1/accounts/acct-7", headers={"Authorization": f"Bearer {key}"}).json()[
        "cash"
    ] == {"amount": "255.00", "currency": "USD"}
