"""A webhook is believed if it is signed by a secret that is known, and of now; signed as the server and others do."""

from __future__ import annotations

import hmac
import json

import pytest

from settle_client.webhooks import NotVerified, verify
from settlement.operations.webhooks.signatures import new_secret, signed_headers

NOW = 1_790_000_123
BODY = json.dumps({
    "id": "1790000000-42", "type": "bill.settled", "timestamp": "2026-11-02T04:00:00Z", "correlation_id": "run:7",
    "data": {"account": "acct-7"}, "added_later": 1,
}).encode()  # fmt: skip
OLD, NEW, OTHER = new_secret(), new_secret(), new_secret()


def signed(*secrets: str, body: bytes = BODY, at_s: int = NOW) -> dict[str, str]:
    return signed_headers("1790000000-42", body, secrets, at_s=at_s)


def test_what_the_server_signs_is_believed():
    message = verify(BODY, signed(NEW), NEW, now_s=NOW)
    assert (message.id, message.type, message.data) == (
        "1790000000-42",
        "bill.settled",
        {"account": "acct-7"},
    )
    assert message.timestamp is not None
    assert message.timestamp.isoformat() == "2026-11-02T04:00:00+00:00"
    assert message.model_extra == {"added_later": 1}


def test_the_published_example_of_standard_webhooks():
    # From the tests of the reference libraries. Its body is no announcement, so it gets as far as that.
    headers = {
        "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "Webhook-Timestamp": "1614265330",
        "Webhook-Signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }  # fmt: skip
    with pytest.raises(NotVerified, match="signed, but no announcement"):
        verify('{"test": 2432232314}', headers, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", now_s=1614265330)


@pytest.mark.parametrize(
    ("signing", "known"), [([OLD, NEW], [NEW]), ([OLD, NEW], [OLD]), ([NEW], [OLD, NEW])]
)
def test_while_a_secret_is_changed_either_is_enough(signing, known):
    assert verify(BODY, signed(*signing), known, now_s=NOW).type == "bill.settled"


def test_other_versions_of_signatures_are_passed_over():
    headers = signed(NEW)
    headers["webhook-signature"] = f"v1a,AAAA {headers['webhook-signature']} v2,BBBB"
    assert verify(BODY, headers, NEW, now_s=NOW).type == "bill.settled"
    headers["webhook-signature"] = signed(NEW)["webhook-signature"].replace("v1,", "v2,")
    with pytest.raises(NotVerified, match="no signature"):
        verify(BODY, headers, NEW, now_s=NOW)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"webhook-id": "1790000000-43"}, "no signature"),
        ({"webhook-id": ""}, "missing"),
        ({"webhook-timestamp": str(NOW + 1)}, "no signature"),
        ({"webhook-timestamp": "now"}, "no number"),
        ({"webhook-timestamp": "9" * 20}, "no number"),
        ({"webhook-signature": ""}, "missing"),
        ({"webhook-signature": "v1,"}, "no signature"),
        ({"webhook-signature": "ünreadable"}, "no signature"),
    ],
)
def test_what_was_changed_is_not_believed(change, why):
    with pytest.raises(NotVerified, match=why):
        verify(BODY, {**signed(NEW), **change}, NEW, now_s=NOW)


def test_neither_is_another_body_nor_another_secret():
    with pytest.raises(NotVerified, match="no signature"):
        verify(BODY + b" ", signed(NEW), NEW, now_s=NOW)
    with pytest.raises(NotVerified, match="no signature"):
        verify(BODY, signed(OTHER), [OLD, NEW], now_s=NOW)


@pytest.mark.parametrize("away_s", [301, -301])
def test_neither_is_what_is_of_another_time(away_s):
    with pytest.raises(NotVerified, match="300 seconds"):
        verify(BODY, signed(NEW), NEW, now_s=NOW + away_s)
    assert verify(BODY, signed(NEW), NEW, now_s=NOW + away_s, tolerance_s=302).type == "bill.settled"


def test_by_default_now_is_now():
    with pytest.raises(NotVerified, match="300 seconds"):
        verify(BODY, signed(NEW, at_s=1_614_265_330), NEW)


def test_the_header_and_the_body_name_one_message():
    body = BODY.replace(b"1790000000-42", b"1790000000-41")
    with pytest.raises(NotVerified, match="webhook-id"):
        verify(body, signed(NEW, body=body), NEW, now_s=NOW)


def test_every_signature_is_compared(monkeypatch):
    compared = []
    real = hmac.compare_digest

    def counted(one: bytes, other: bytes) -> bool:
        compared.append(one)
        return real(one, other)

    monkeypatch.setattr(hmac, "compare_digest", counted)
    verify(BODY, signed(NEW, OTHER), [NEW, OLD], now_s=NOW)
    assert len(compared) == 4


@pytest.mark.parametrize("secrets", ["whsec_?", "whsec_", [], [NEW, ""]])
def test_what_is_no_secret_is_a_mistake_and_no_attack(secrets):
    with pytest.raises(ValueError, match="secret"):
        verify(BODY, signed(NEW), secrets, now_s=NOW)
