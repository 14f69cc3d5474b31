from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any, get_args

import pytest
from typer import Typer
from typer.testing import CliRunner

from sandbox.demo.focus_styles import Provider, Version
from sandbox.demo.sample_focus import Format, main, sample_accounts, write_month, write_sample
from settlement.focus import read
from tests.focus.exports import accepted, refused

PROVIDERS = get_args(Provider)
ACCOUNTS = sample_accounts(40, seed=5)


def sample(path, provider, **changes):
    options: Any = {"rows": 160, "broken": 12, "month": "2026-02", "seed": 9, "accounts": ACCOUNTS} | changes
    return write_sample(path, provider=provider, **options)


@pytest.mark.parametrize("version", get_args(Version))
@pytest.mark.parametrize("form", get_args(Format))
@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_provider_format_and_version_is_read_to_the_last_digit(tmp_path, provider, form, version):
    if form == "parquet":
        pytest.importorskip("pyarrow")
    made = sample(tmp_path / "sample", provider, format=form, version=version)
    batches = list(read(made.path, batch_rows=100))
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for fee in accepted(batches):
        totals[fee.currency] += fee.amount
        assert fee.product
        assert fee.incurred_at.isoformat().startswith("2026-02-")
    assert dict(totals) == made.totals
    assert sum(batch.rows for batch in batches) == 160
    assert len(refused(batches)) == made.broken == 12
    assert {fee.account for fee in accepted(batches)} == {account.account_id for account in ACCOUNTS}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_plain_and_packed_hold_the_same_rows(tmp_path, provider):
    plain = accepted(read(sample(tmp_path / "a", provider).path))
    packed = accepted(read(sample(tmp_path / "b", provider, format="csv.gz").path))
    assert plain == packed


@pytest.mark.parametrize("form", get_args(Format))
def test_the_same_seed_gives_the_same_bytes(tmp_path, form):
    if form == "parquet":
        pytest.importorskip("pyarrow")
    one, same, other = (
        sample(tmp_path / name, "aws", format=form, seed=seed).path.read_bytes()
        for name, seed in (("one", 9), ("same", 9), ("other", 10))
    )
    assert one == same
    assert one != other


def test_a_month_holds_what_real_months_hold(tmp_path):
    files = write_month(tmp_path, accounts=ACCOUNTS, month="2026-10", rows=5_000, seed=1)
    fees = [fee for made in files for fee in accepted(read(made.path))]
    assert len(fees) == 5_000
    assert {"JPY", "KWD", "USD", "EUR"} <= {fee.currency for fee in fees}
    assert any(fee.amount < 0 for fee in fees)
    assert any(fee.amount == 0 for fee in fees)
    assert any(int(fee.amount.as_tuple().exponent) == -10 for fee in fees)
    assert len(fees) > len({fee.row_key for fee in fees})
    bills: defaultdict[str, Decimal] = defaultdict(Decimal)
    for fee in fees:
        if fee.currency == "USD":
            bills[fee.account] += fee.amount
    usual = [bill for bill in bills.values() if Decimal(5) <= bill <= Decimal(3_000)]
    assert len(usual) > len(bills) * 0.7


def test_the_command_writes_files_and_accounts(tmp_path):
    app = Typer()
    app.command()(main)
    result = CliRunner().invoke(
        app, ["--accounts", "10", "--rows", "50", "--out", str(tmp_path), "--broken", "5"]
    )
    assert result.exit_code == 0, result.output
    assert len((tmp_path / "accounts.csv").read_text().splitlines()) == 11
    files = [path for path in tmp_path.iterdir() if path.name != "accounts.csv"]
    assert sum(batch.rows for path in files for batch in read(path)) == 50
    assert sum(len(batch.refused) for path in files for batch in read(path)) == 5
