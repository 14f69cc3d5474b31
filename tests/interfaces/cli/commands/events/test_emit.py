"""Sending events: once, however often they are sent; bad lines are told and kept; refused ones are tried again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
import redis

from interfaces.cli.commands.events.senders import Via, sender
from settlement.events.envelope import arrival_of
from tests.interfaces.cli.conftest import Cli
from worker.broker import stream_name


def event(event_id: str, account: str, amount: str = "10.00", **more: Any) -> str:
    data = {"amount": amount, "currency": "USD"}
    return json.dumps(
        {"source": "gw", "event_id": event_id, "type": "top_up", "account": account, "data": data, **more}
    )


def test_the_same_event_again_changes_nothing(accounts: Cli) -> None:
    command = (
        "emit",
        "top_up",
        "--account",
        "beta",
        "--amount",
        "5.00",
        "--currency",
        "USD",
        "--event-id",
        "t1",
    )
    first = accounts.json(*command)
    assert (first["accepted"], first["repeated"], first["refused"], first["done"]) == (1, 0, 0, None)
    assert first["event"] == {"source": "cli", "event_id": "t1"}
    assert accounts.nudges[-1] == ("tasks.events.drain",)
    again = accounts.json(*command, "--now")
    assert (again["accepted"], again["repeated"], again["done"]) == (0, 1, 1)
    assert accounts.json("accounts", "show", "beta")["cash"]["amount"] == "5.00"


def test_what_events_paid_is_shown(issued: Cli, tmp_path: Path) -> None:
    command = ("emit", "top_up", "--account", "beta", "--currency", "USD", "--now")
    shown = issued(*command, "--amount", "5.00").out
    assert shown.endswith("1 done, 0 refused or parked\npaid 5.00 USD of beta:2026-10\n")
    paid = issued.json(*command, "--amount", "32.00")["paid"]
    assert paid == [{"bill": "beta:2026-10", "amount": {"amount": "32.00", "currency": "USD"}}]
    file = tmp_path / "events.jsonl"
    file.write_text(f"{event('1', 'beta')}\n{event('2', 'beta')}\n")
    assert issued("emit", str(file), "--now").out.endswith("paid 20.00 USD\n")
    # 3.00 of 60.00 were left.
    assert issued.json(*command, "--amount", "20.00")["paid"][0]["amount"]["amount"] == "3.00"
    assert issued.json(*command, "--amount", "1.00")["paid"] == []


def test_an_event_without_an_id_gets_one_of_its_own(accounts: Cli) -> None:
    command = ("emit", "top_up", "--account", "beta", "--amount", "5.00", "--currency", "USD", "--now")
    assert accounts.json(*command)["event"] != accounts.json(*command)["event"]
    assert accounts.json("accounts", "show", "beta")["cash"]["amount"] == "10.00"


@pytest.mark.usefixtures("unchanged")
def test_an_event_that_could_never_be_accepted_is_not_sent(accounts: Cli) -> None:
    before = accounts.rows("SELECT count(*) FROM inbox")
    for options in (
        ["--amount", "1.234"],
        ["--amount", "abc"],
        ["--amount", "1", "--data", '{"colour": 1}'],
        [],
    ):
        accounts("emit", "top_up", "--account", "beta", "--currency", "USD", *options, code=4)
    accounts("emit", "top_up", "--amount", "1", "--currency", "USD", code=2)
    accounts("emit", "top_up", "--account", "beta", "--data", "[1]", code=2)
    assert accounts.rows("SELECT count(*) FROM inbox") == before


def test_bad_lines_of_a_file_are_told_and_kept_and_stop_nothing(accounts: Cli, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(
        b"\n".join(
            [
                event("1", "beta").encode(),
                b"not json",
                b"",
                event("2", "nobody").encode(),
                event("1", "beta").encode(),
                event("1", "beta", "11.00").encode(),
                b"\xff\xfe",
                event("3", "acme:eu").encode(),
            ]
        )
    )
    answer = accounts.json("emit", str(file), "--now", code=4)
    assert (answer["sent"], answer["accepted"], answer["repeated"]) == (7, 3, 1)
    reasons = {row["line"]: row["reason"] for row in answer["refused_rows"]}
    assert sorted(reasons) == [2, 4, 6, 7]
    assert [reasons[line].partition(":")[0] for line in (2, 4, 6, 7)] == [
        "bad_shape", "unknown_account", "reused_id", "bad_shape",
    ]  # fmt: skip
    assert accounts.json("accounts", "show", "acme:eu")["cash"]["amount"] == "110.00"
    kept = accounts.json("inbox", "list", "--refused")["events"]
    assert sorted(row["reason_code"] for row in kept) == [
        "bad_shape",
        "bad_shape",
        "reused_id",
        "unknown_account",
    ]


def test_a_refused_event_is_accepted_after_a_fix(accounts: Cli, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text(event("1", "late") + "\n")
    accounts("emit", str(file), "--now", code=4)
    [refused] = accounts.json("inbox", "list", "--refused", "--account", "late")["events"]
    assert refused["reason_code"] == "unknown_account"
    assert "settle inbox replay" in accounts("inbox", "show", str(refused["id"])).out
    assert accounts.json("inbox", "show", str(refused["id"]))["data"] == {
        "amount": "10.00",
        "currency": "USD",
    }
    accounts("emit", "account_opened", "--account", "late", "--currency", "USD", "--now")
    assert accounts.json("inbox", "replay", str(refused["id"])) == {"waiting_again": [refused["id"]]}
    assert "1 event handled" in accounts("tick").out
    assert accounts.json("accounts", "show", "late")["cash"]["amount"] == "10.00"
    assert accounts.json("inbox", "list", "--refused")["events"] == []
    accounts("inbox", "replay", str(refused["id"]), code=3)


def test_replay_by_code_takes_those_alone_and_a_reused_id_cannot_be_replayed(
    accounts: Cli, tmp_path: Path
) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join([event("1", "x"), event("2", "x"), event("1", "x", "3.00"), "{}"]))
    accounts("emit", str(file), "--now", code=4)
    [reused] = accounts.json("inbox", "list", "--code", "reused_id")["events"]
    assert "reused_id" in accounts("inbox", "replay", str(reused["id"]), code=4).err
    assert len(accounts.json("inbox", "replay", "--code", "unknown_account")["waiting_again"]) == 2
    assert len(accounts.json("inbox", "list", "--waiting")["events"]) == 2
    accounts("tick")
    assert len(accounts.json("inbox", "replay", "--all")["waiting_again"]) == 3


@pytest.mark.usefixtures("unchanged")
def test_the_inbox_goes_on_where_the_page_ended(accounts: Cli) -> None:
    ids = [row["id"] for row in accounts.json("inbox", "list")["events"]]
    assert len(ids) == 3
    first = accounts.json("inbox", "list", "--limit", "2")
    rest = accounts.json("inbox", "list", "--limit", "2", "--after", first["next"])
    assert [row["id"] for row in [*first["events"], *rest["events"]]] == ids == sorted(ids, reverse=True)


def test_waiting_for_workers_that_do_not_come_ends_with_outcome_unknown(accounts: Cli) -> None:
    command = (
        "emit",
        "top_up",
        "--account",
        "beta",
        "--amount",
        "5.00",
        "--currency",
        "USD",
        "--event-id",
        "t1",
    )
    answer = accounts(*command, "--wait", "--timeout", "0", code=7)
    assert "--event-id t1" in answer.err
    assert accounts.json(*command, "--now")["done"] == 1


def test_many_events_are_sent_in_chunks(accounts: Cli, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("".join(event(str(number), "beta", "0.01") + "\n" for number in range(2500)))
    answer = accounts.json("emit", str(file), "--now")
    assert (answer["sent"], answer["accepted"], answer["done"]) == (2500, 2500, 2500)
    assert accounts.json("accounts", "show", "beta")["cash"]["amount"] == "25.00"


@pytest.mark.usefixtures("unchanged")
def test_the_stream_gets_each_line_as_an_entry(
    accounts: Cli, tmp_path: Path, valkey: str, environment: Callable[[str, str], None]
) -> None:
    environment("SETTLE_BROKER_URL", valkey)
    environment("SETTLE_BROKER_KEY_PREFIX", f"{tmp_path.name}:")
    file = tmp_path / "events.jsonl"
    file.write_text(event("1", "beta") + "\nnot json\n")
    answer = accounts.json("emit", str(file), "--via", "stream")
    assert (answer["sent"], answer["accepted"]) == (2, None)
    with redis.Redis.from_url(valkey) as client:
        entries: Any = client.xrange(stream_name(f"{tmp_path.name}:"))
    assert [fields for _, fields in entries] == [
        {b"event": event("1", "beta").encode()},
        {b"event": b"not json"},
    ]


@pytest.mark.usefixtures("unchanged")
def test_a_broker_that_is_down_is_six(accounts: Cli, environment: Callable[[str, str], None]) -> None:
    environment("SETTLE_BROKER_URL", "redis://:secret@127.0.0.1:1/0")
    command = ("emit", "top_up", "--account", "beta", "--amount", "5.00", "--currency", "USD")
    answer = accounts(*command, "--via", "stream", code=6)
    assert "broker" in answer.err
    assert "secret" not in answer.err


@pytest.mark.parametrize(
    "line", [event("1", "a").encode(), b"not json", b"[1]", b'"text"', b"\xff", b'{"data": NaN}']
)
def test_a_line_sent_by_celery_is_found_again_in_the_inbox_under_its_own_name(line: bytes) -> None:
    door = sender(Via.CELERY, cast("Any", None))
    sent = door.shape(line)
    received = json.loads(json.dumps(sent))
    assert arrival_of(received, ingress="celery") == arrival_of(sent, ingress=door.ingress)


@pytest.mark.parametrize("size", [4_000_001, 9_000_000])
def test_a_line_too_long_to_be_an_event_is_refused_and_the_next_one_accepted(
    accounts: Cli, tmp_path: Path, size: int
) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"x" * size + b"\n" + event("1", "beta").encode())
    answer = accounts.json("emit", str(file), "--now", code=4)
    assert (answer["sent"], answer["done"]) == (2, 1)
    assert "larger than" in answer["refused_rows"][0]["reason"]
