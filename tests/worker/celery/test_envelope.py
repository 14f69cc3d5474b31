"""What comes off a queue: taken as it is, or put into an envelope that keeps it. Rule: R11.6."""

from __future__ import annotations

import json
from typing import Any

import pytest

from worker.celery.envelope import MISFIT, opened


def _good(tag: str = "tag", **info: str) -> dict[str, Any]:
    return {
        "body": "W10=",
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {},
        "properties": {"delivery_tag": tag, "delivery_info": info, "body_encoding": "base64"},
    }


def test_a_message_is_addressed_to_the_queue_on_which_it_lay_and_known_by_a_tag_of_its_own() -> None:
    """Two messages may carry the same tag, and clients of other languages name an exchange of their own."""
    sent = _good(exchange="celery", routing_key="celery")
    taken = opened(json.dumps(sent).encode(), "events", tag="1", most_bytes=10_000)
    assert taken.pop("properties") == {
        "delivery_tag": "1", "sender_tag": "tag", "body_encoding": "base64",
        "delivery_info": {"exchange": "events", "routing_key": "events"},
    }  # fmt: skip
    assert taken == {name: value for name, value in sent.items() if name != "properties"}


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (b"no JSON", "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"[1]", "bad_envelope"),
        (b"{}", "bad_envelope"),
        (json.dumps(_good() | {"headers": None}).encode(), "bad_envelope"),
        (json.dumps(_good() | {"headers": {"compression": "gzip"}}).encode(), "compressed"),
        (json.dumps(_good() | {"body": "%"}).encode(), "bad_body"),
        (b" " * 20_000, "too_large"),
    ],
)
def test_what_is_no_message_comes_in_an_envelope_that_says_why(item: bytes, code: str) -> None:
    most_bytes = 10_000 if code == "too_large" else 1_000_000
    wrapped = opened(item, "events", tag="1", most_bytes=most_bytes)
    assert (wrapped["content-type"], wrapped["headers"]["code"]) == (MISFIT, code)
    again = opened(item, "events", tag="2", most_bytes=most_bytes)
    assert again["properties"]["sender_tag"] == wrapped["properties"]["sender_tag"]
