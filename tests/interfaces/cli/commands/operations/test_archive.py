"""`settle archive` as an operator calls it."""

from __future__ import annotations

import json


def test_a_month_is_written_out_listed_shown_and_proved(issued, tmp_path):
    folder = tmp_path / "archive"
    folder.mkdir()
    issued("clock", "set", "2026-12-01T00:00")
    done = issued.json("archive", "--before", "2026-12", "--to", str(folder))
    assert (done["bills"], done["fees"], done["events"], done["not_over"]) == (2, 2, 2, 1)
    assert (done["stays"], done["left"]) == ({}, 0)
    assert "2 fees of 2 bills" not in issued("archive", "--before", "2026-12", "--to", str(folder)).out
    of_ledger, listed = issued.json("archive", "list")["archives"]
    assert (listed["first_cycle"], listed["last_cycle"], listed["fees"]) == ("2026-10", "2026-10", 2)
    assert listed["sums"] == {"USD": "30.1234567", "JPY": "1200"}
    assert (of_ledger["kind"], of_ledger["bills"], of_ledger["entries"]) == ("ledger", 2, done["entries"])
    assert issued.json("archive", "show", "2026-10")["archives"] == [listed, of_ledger]
    shown = issued("archive", "show", "1", "--rows", "fees", "--account", "acme:eu").out.splitlines()
    assert [json.loads(line)["amount"] for line in shown] == ["30.1234567"]
    assert issued.json("audit")["ok"]
    assert "fees in archive 1" in issued("explain", "acme:eu:2026-10").out
    bill = issued.json("bills", "show", "acme:eu:2026-10")
    assert (bill["archive"], bill["records_archive"], bill["lines"], bill["repayments"]) == (1, 2, [], [])


def test_what_an_account_moved_is_read_in_the_archive_and_what_is_asked_of_it_here_says_so(issued, tmp_path):
    issued("clock", "set", "2026-12-01T00:00")
    issued("archive", "--before", "2026-12", "--to", str(tmp_path))
    for rows, fields in (
        ("entries", {"debit", "cause"}),
        ("repayments", {"source", "paid_at"}),
        ("lines", {"accrued"}),
    ):
        shown = issued("archive", "show", "2", "--rows", rows, "--account", "acme:eu").out.splitlines()
        assert shown
        assert fields <= set(json.loads(shown[0]))
    where = "archive 2: settle archive show 2"
    assert where in issued("bills", "show", "acme:eu:2026-10").err
    told = "repayments of months before 2026-12 are in archives, the last of them 2: settle archive show 2 --rows repay"
    assert told in issued("repayments", "list", "--bill", "acme:eu:2026-10").err
    assert told in issued("repayments", "export", "--account", "acme:eu").err
    listed = issued.json("repayments", "list", "--account", "acme:eu")["archived"]
    assert (listed["before"], listed["archive"]) == ("2026-12", 2)
    assert listed["detail"].startswith(told)
    assert "what paid it is in archive 2" in issued("explain", "acme:eu:2026-10").out
    assert (
        "settle archive show 2" in issued("statements", "show", "acme:eu", "--cycle", "2026-10", code=3).err
    )
    assert "settle archive show 2" in issued("ledger", "export", "--cycle", "2026-10", code=3).err


def test_a_file_that_was_changed_or_is_gone_is_told(issued, tmp_path):
    issued("clock", "set", "2026-12-01T00:00")
    issued("archive", "--before", "2026-12", "--to", str(tmp_path))
    (fees,) = tmp_path.glob("*-fees.parquet")
    whole = fees.read_bytes()
    fees.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert "is not the file that was written" in issued("archive", "show", "1", code=4).err
    fees.unlink()
    assert "is not there" in issued("archive", "show", "1", code=3).err
    (tmp_path / "moved").mkdir()
    for name in tmp_path.glob("*.parquet"):
        name.rename(tmp_path / "moved" / name.name)
    (tmp_path / "moved" / fees.name).write_bytes(whole)
    issued("archive", "show", "1", "--folder", str(tmp_path / "moved"))


def test_what_cannot_be_written_out_says_why(issued, tmp_path):
    assert "has not begun" in issued("archive", "--before", "2026-12", "--to", str(tmp_path), code=4).err
    issued("clock", "set", "2026-12-01T00:00")
    assert (
        "not a folder" in issued("archive", "--before", "2026-12", "--to", str(tmp_path / "no"), code=4).err
    )
    assert "--to" in issued("archive", "--before", "2026-12", code=2).err
    assert "no archive has bills" in issued("archive", "show", "2026-10", code=3).err


def test_what_changed_while_it_was_written_out_is_told_and_is_for_the_next_run(issued, tmp_path, monkeypatch):
    issued("clock", "set", "2026-12-01T00:00")
    not_over = "settlement.storage.work.operating.archived_bills.not_over"
    with monkeypatch.context() as patch:
        patch.setattr(not_over, lambda _, bills: {bill.account_id for bill in bills[:1]})
        told = issued("archive", "--before", "2026-12", "--to", str(tmp_path))
    assert "1 account changed meanwhile: for the next run" in told.err
    assert (
        "for the next run: 2 accounts, for which something was booked meanwhile; the same command" in told.out
    )
    again = issued.json("archive", "--before", "2026-12", "--to", str(tmp_path))
    assert (again["bills"], again["left"]) == (2, 0)
