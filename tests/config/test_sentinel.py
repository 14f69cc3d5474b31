"""What a URL of sentinels says. Rule: R11.1f."""

from __future__ import annotations

import pytest

from config.sentinel import SentinelUrl


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("sentinel://one?master=settle", SentinelUrl((("one", 26379),), "settle")),
        (
            "sentinel://u:p%40%2C@one:1,two,[::1]:3/4?master=settle&sentinel_user=s&sentinel_password=q%26",
            SentinelUrl((("one", 1), ("two", 26379), ("::1", 3)), "settle", 4, "u", "p@,", "s", "q&"),
        ),
        (
            "sentinels://one?master=settle&ssl_ca_certs=/tls/ca.pem",
            SentinelUrl((("one", 26379),), "settle", is_tls=True, files=(("ssl_ca_certs", "/tls/ca.pem"),)),
        ),
        ("sentinel://:p@one:1/?master=settle", SentinelUrl((("one", 1),), "settle", password="p")),
    ],
)
def test_a_url_names_sentinels_the_server_they_watch_and_who_one_is(url: str, meant: SentinelUrl) -> None:
    assert SentinelUrl.parsed(url) == meant


def test_passwords_are_not_shown() -> None:
    assert "hidden" not in repr(
        SentinelUrl.parsed("sentinel://u:hidden@one?master=x&sentinel_password=hidden")
    )
