"""FOCUS exports made from a seed, in the style of five providers. The same arguments give the same bytes.

python -m sandbox.demo.sample_focus --accounts 300 --rows 20000 --month 2026-10 --out samples
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, get_args

import typer

from sandbox.demo.focus_files import TRUNCATED, Cells, write_csv, write_parquet
from sandbox.demo.focus_styles import STYLES, Provider, Service, Style, Version

Format = Literal["csv", "csv.gz", "parquet"]
# One currency per account, over and over. Yen have no minor unit, dinars have three places.
_CURRENCIES = (
    "USD", "USD", "EUR", "USD", "JPY", "USD", "CNY", "USD", "KWD", "USD", "GBP", "USD", "EUR", "SGD",
)  # fmt: skip
# What a unit of money buys differs; a bill of 100 dollars is one of about 15,000 yen.
SCALE = {"JPY": Decimal(150), "CNY": Decimal(7), "KWD": Decimal("0.3")}
_TEN_PLACES = Decimal("1E-10")
_FIRST_NAMES = (
    "Amber", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Granite", "Harbour", "Indigo", "Juniper",
)  # fmt: skip
_LAST_NAMES = (
    "Logistics", "Games", "Health", "Robotics", "Media", "Foods", "Analytics", "Travel", "Energy", "Labs",
)  # fmt: skip
_ENVIRONMENTS = ("prod", "staging", "dev")


@dataclass(frozen=True, slots=True)
class SampleAccount:
    """A paying account; `account_id` is what the exports write as BillingAccountId."""

    account_id: str
    name: str
    currency: str


@dataclass(frozen=True, slots=True)
class SampleFile:
    """What was written. `totals` are the exact sums of the good rows by currency, `broken` their number of others."""

    path: Path
    rows: int
    broken: int
    totals: dict[str, Decimal] = field(default_factory=dict)


def sample_accounts(count: int, seed: int) -> list[SampleAccount]:
    """Accounts with unique ids of 16 digits. Any nine in a row include yen and dinars."""
    rng = _random(seed)
    numbers = rng.sample(range(10**14), count)
    return [
        SampleAccount(
            account_id=f"51{number:014d}",
            name=f"{rng.choice(_FIRST_NAMES)} {rng.choice(_LAST_NAMES)} {index + 1}",
            currency=_CURRENCIES[index % len(_CURRENCIES)],
        )
        for index, number in enumerate(numbers)
    ]


def write_sample(
    path: Path,
    *,
    accounts: Sequence[SampleAccount],
    month: str,
    rows: int,
    provider: Provider,
    seed: int,
    format: Format = "csv",  # noqa: A002 - it is the word for it
    version: Version = "1.2",
    broken: int = 0,
) -> SampleFile:
    """Writes `rows` rows of one month (`YYYY-MM`), `broken` of them unusable, and says what it wrote.

    Every account gets a row as long as there are enough. Most bills come to 5 to 3,000 dollars' worth, a few to
    tens of thousands. Parquet needs the extra `parquet`, and breaks rows only in ways its types allow.
    """
    style = STYLES[provider]
    rng = _random(f"{seed}/{provider}/{month}")
    ways = _BROKEN if format == "parquet" else (*_BROKEN, *_BROKEN_TEXT)
    spoiled = dict.fromkeys(rng.sample(range(rows), broken))
    totals: dict[str, Decimal] = {}

    def stream() -> Iterator[Cells]:
        for number, (amount, account, cells) in enumerate(_rows(rng, style, accounts, month, rows)):
            if number in spoiled:
                yield cells | rng.choice(ways)
            else:
                totals[account.currency] = totals.get(account.currency, Decimal(0)) + amount
                yield cells

    columns = style.columns(version)
    path.parent.mkdir(parents=True, exist_ok=True)
    if format == "parquet":
        write_parquet(path, style, columns, stream())
    else:
        write_csv(path, style, columns, stream(), packed=format == "csv.gz")
    return SampleFile(path, rows, broken, totals)


def write_month(
    out: Path, *, accounts: Sequence[SampleAccount], month: str, rows: int, seed: int, broken: int = 0
) -> list[SampleFile]:
    """One file per provider, each with its share of the accounts, in turn plain and gzipped CSV."""
    providers = get_args(Provider)[: max(1, min(len(accounts), 5))]
    files = []
    for index, provider in enumerate(providers):
        share = len(providers)
        ending: Format = "csv.gz" if index % 2 == 0 else "csv"
        files.append(
            write_sample(
                out / f"{provider}-{month}.{ending}",
                accounts=accounts[index::share],
                month=month,
                rows=rows // share + (index < rows % share),
                provider=provider,
                seed=seed,
                format=ending,
                broken=broken // share + (index < broken % share),
            )
        )
    return files


def _random(seed: int | str) -> random.Random:
    return random.Random(seed)  # noqa: S311 - a sample must come out the same every time


# --- Rows ---------------------------------------------------------------------------------------------------------

_BROKEN: tuple[Cells, ...] = (
    {"BillingAccountId": ""},
    {"BilledCost": ""},
    {"BillingCurrency": "CREDITS"},
    {"ChargePeriodStart": "", "BillingPeriodStart": ""},
)
_BROKEN_TEXT: tuple[Cells, ...] = (
    {"BilledCost": "see invoice"},
    {"BilledCost": "NaN"},
    {"ChargePeriodStart": "31/10/2026"},
    {TRUNCATED: "1"},
)


def _rows(
    rng: random.Random, style: Style, accounts: Sequence[SampleAccount], month: str, rows: int
) -> Iterator[tuple[Decimal, SampleAccount, Cells]]:
    """Rows through the hours of the month; about one in 300 appears twice."""
    start, end = _month(month)
    hours = int((end - start).total_seconds()) // 3600
    per_account = max(1, rows // max(1, len(accounts)))
    bills = [_monthly_bill(rng, account.currency) / per_account for account in accounts]
    previous: tuple[Decimal, SampleAccount, Cells] | None = None
    for number in range(rows):
        if previous is not None and number >= len(accounts) and rng.random() < 1 / 300:
            yield previous
            continue
        index = number % len(accounts)
        hour = start + timedelta(hours=number * hours // rows)
        account = accounts[index]
        category, amount = _charge(rng, bills[index])
        cells = _cells(rng, style, account, category=category, amount=amount, hour=hour)
        cells["BillingPeriodStart"], cells["BillingPeriodEnd"] = (
            start.strftime(style.instant),
            end.strftime(style.instant),
        )
        previous = (amount, account, cells)
        yield previous


def _month(month: str) -> tuple[datetime, datetime]:
    start = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    return start, (start + timedelta(days=31)).replace(day=1)


def _monthly_bill(rng: random.Random, currency: str) -> Decimal:
    """What the account spends in the month, in whole units before scaling."""
    low, high = rng.choices(((5, 120), (120, 900), (900, 3_000), (3_000, 40_000)), weights=(40, 40, 16, 4))[0]
    return rng.randint(low, high) * SCALE.get(currency, Decimal(1))


def _charge(rng: random.Random, share: Decimal) -> tuple[str, Decimal]:
    """A category and an amount around the account's share per row, with up to ten decimal places."""
    kind = rng.random()
    if kind < 0.03:
        return "Usage", Decimal(0)
    amount = share * rng.randint(1, 2_000_000_000) / 1_000_000_000
    if kind < 0.05:
        return rng.choice(("Credit", "Adjustment")), -_rounded(amount)
    if kind < 0.10:
        return "Usage", _rounded(amount / 1_000_000)
    if kind < 0.14:
        return rng.choice(("Purchase", "Tax")), _rounded(amount)
    return "Usage", _rounded(amount)


def _rounded(amount: Decimal) -> Decimal:
    """Ten decimal places, fewer for large amounts: 15 digits in all, which a double keeps exactly."""
    places = min(10, 14 - max(amount.adjusted(), 0))
    return max(amount.quantize(_TEN_PLACES.scaleb(10 - places)), _TEN_PLACES)


def _cells(
    rng: random.Random,
    style: Style,
    account: SampleAccount,
    *,
    category: str,
    amount: Decimal,
    hour: datetime,
) -> Cells:
    service = rng.choice(style.services)
    region, region_name = rng.choice(style.regions)
    sub_account = f"{account.account_id[-6:]}{rng.randint(1, 3):06d}"
    cost = _cost_text(amount, style)
    quantity = f"{rng.randint(1, 7_440_000) / 10_000:.4f}"
    cells = {
        "AvailabilityZone": f"{region}a",
        "BilledCost": cost,
        "BillingAccountId": account.account_id,
        "BillingAccountName": account.name,
        "BillingAccountType": "Billing Account",
        "BillingCurrency": account.currency,
        "ChargeCategory": category,
        "ChargeDescription": f'{service.name}, "{service.sku}" in {region_name}',
        "ChargeFrequency": "Usage-Based" if category == "Usage" else "One-Time",
        "ChargePeriodEnd": (hour + timedelta(hours=1)).strftime(style.instant),
        "ChargePeriodStart": hour.strftime(style.instant),
        "ConsumedQuantity": quantity,
        "ConsumedUnit": service.unit,
        "ContractedCost": cost,
        "EffectiveCost": cost,
        "InvoiceId": f"INV-{hour:%Y%m}-{account.account_id[-5:]}",
        "InvoiceIssuerName": style.issuer_name,
        "ListCost": cost,
        "PricingCategory": "Standard",
        "PricingCurrency": account.currency,
        "PricingQuantity": quantity,
        "PricingUnit": service.unit,
        "ProviderName": style.provider_name,
        "PublisherName": style.provider_name,
        "RegionId": region,
        "RegionName": region_name,
        "SubAccountId": sub_account,
        "SubAccountName": f"team-{sub_account[-2:]}",
        "SubAccountType": "Account",
        "Tags": _tags(rng),
    }
    return cells | _service_cells(rng, style, service, region=region, sub_account=sub_account)


def _service_cells(
    rng: random.Random, style: Style, service: Service, *, region: str, sub_account: str
) -> Cells:
    resource = service.resource.format(region=region, sub=sub_account, hex=rng.getrandbits(48))
    cells = {
        "ResourceId": resource,
        "ResourceName": resource.rsplit("/", 1)[-1],
        "ResourceType": service.resource_type,
        "ServiceCategory": service.category,
        "ServiceName": service.name,
        "ServiceSubcategory": service.subcategory,
        "SkuId": f"{service.sku}-{region}",
        "SkuMeter": service.sku,
        "SkuPriceId": f"{service.sku}.{rng.randint(1, 9)}",
    }
    return cells | {
        name: f"{name[2:].lower()}-{rng.randint(1, 5)}" for name in style.extra_columns if rng.random() < 0.6
    }


def _tags(rng: random.Random) -> str:
    if rng.random() < 0.2:
        return ""
    return json.dumps(
        {"environment": rng.choice(_ENVIRONMENTS), "cost_center": f"CC-{rng.randint(1000, 1020)}"}
    )


def _cost_text(amount: Decimal, style: Style) -> str:
    if not style.scientific or not amount or abs(amount) >= Decimal("0.0001"):
        return f"{amount:f}"
    mantissa, exponent = f"{amount.normalize():E}".split("E")
    return f"{mantissa}E{exponent[0]}{exponent[1:]:0>2}"


# --- Command ------------------------------------------------------------------------------------------------------


def main(
    out: Annotated[Path, typer.Option(help="Folder the files are written to.")],
    accounts: Annotated[int, typer.Option(min=1, help="Number of paying accounts.")] = 300,
    rows: Annotated[int, typer.Option(min=1, help="Rows in all files together.")] = 20_000,
    month: Annotated[str, typer.Option(help="Month of the charges, YYYY-MM.")] = "2026-10",
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    broken: Annotated[int, typer.Option(min=0, help="How many of the rows are unusable.")] = 0,
) -> None:
    """Write sample FOCUS exports, one per provider, and `accounts.csv` with the accounts they bill."""
    try:
        _month(month)
    except ValueError:
        raise typer.BadParameter(f"{month!r} is not a month like 2026-10", param_hint="--month") from None
    if broken > rows:
        raise typer.BadParameter("more broken rows than rows", param_hint="--broken")
    made = sample_accounts(accounts, seed)
    files = write_month(out, accounts=made, month=month, rows=rows, seed=seed, broken=broken)
    with (out / "accounts.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["account_id", "name", "currency"])
        writer.writerows([account.account_id, account.name, account.currency] for account in made)
    for sample in files:
        sums = ", ".join(f"{total:.2f} {currency}" for currency, total in sorted(sample.totals.items()))
        typer.echo(f"{sample.path}: {sample.rows} rows, {sample.broken} broken; {sums}")


if __name__ == "__main__":
    typer.run(main)
