from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from settlement.focus import FeeLine, read
from tests.focus.exports import HEADER, ROW, accepted, csv_text, fees, refusals, refused, row, write

OCTOBER = datetime(2026, 10, 1, tzinfo=UTC)


def test_a_row_becomes_a_fee_with_exact_values(tmp_path):
    (fee,) = fees(tmp_path, csv_text(ROW))
    assert fee == FeeLine(
        line=2,
        account="A1",
        amount=Decimal("12.5"),
        currency="USD",
        product="Compute",
        order_id="",
        incurred_at=datetime(2026, 10, 3, 4, tzinfo=UTC),
        ended_at=None,
        row_key=fee.row_key,
        provider="",
        period=OCTOBER,
    )
    assert len(fee.row_key) == 16


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", "0"),
        ("-0.00", "0"),
        ("0E-50", "0"),
        ("1.23E-05", "0.0000123"),
        ("1.5e+3", "1500"),
        ("-4.2", "-4.2"),
        ("+7", "7"),
        (".5", "0.5"),
        ("5.", "5"),
        (" 12.5 ", "12.5"),
        ("0.1234567890", "0.1234567890"),
        ("227.28753400000005", "227.28753400000005"),
        (
            "999999999999999999.999999999999999999999999999999",
            "999999999999999999.999999999999999999999999999999",
        ),
        ("0.5" + "0" * 40, "0.5"),
        ("1E-30", "1E-30"),
    ],
)
def test_amounts_are_exact(tmp_path, text, amount):
    (fee,) = fees(tmp_path, csv_text(row(BilledCost=text)))
    assert fee.amount == Decimal(amount)
    assert -30 <= int(fee.amount.as_tuple().exponent) <= 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "BilledCost is missing"),
        ("NULL", "BilledCost is missing"),
        ("n/a", "BilledCost is missing"),
        ("free", "BilledCost 'free' is not a number"),
        ("1_000", "BilledCost '1_000' is not a number"),
        ("١٢", "BilledCost '١٢' is not a number"),
        ("$5", "BilledCost '$5' is not a number"),
        ("1e9999999", "BilledCost '1e9999999' is not a number"),
        ("NaN", "BilledCost 'NaN' is not a finite number"),
        ("-Infinity", "BilledCost '-Infinity' is not a finite number"),
        ("1000000000000000000", "BilledCost '1000000000000000000' is 10^18 or more"),
        ("-1e18", "BilledCost '-1e18' is 10^18 or more"),
        (
            '"12,5"',
            "BilledCost '12,5' is not a number with a point; for decimal commas there is --decimal-comma",
        ),
        ("1E-31", "BilledCost '1E-31' has more than 30 decimal places"),
        ("x" * 100, f"BilledCost '{'x' * 37}...' is not a number"),
    ],
)
def test_amounts_that_are_refused(tmp_path, text, reason):
    (line,) = refusals(tmp_path, csv_text(row(BilledCost=text)))
    assert (line.line, line.reason) == (2, reason)


@pytest.mark.parametrize(
    ("text", "amount"),
    [("12,5", "12.5"), ("1.234,50", "1234.5"), ("-7", "-7"), ("1,5e-3", "0.0015"), (",5", "0.5")],
)
def test_a_comma_is_a_decimal_mark_where_the_caller_says_so(tmp_path, text, amount):
    content = csv_text(row(BilledCost=text)).replace(",", ";").replace(text.replace(",", ";"), text)
    (fee,) = fees(tmp_path, content, decimal_comma=True)
    assert fee.amount == Decimal(amount)


@pytest.mark.parametrize("text", ["12.5", "1.234", "1,234.50", "12.34,5"])
def test_a_point_that_could_be_a_decimal_mark_is_refused_where_a_comma_is_one(tmp_path, text):
    (line,) = refused(read(write(tmp_path, csv_text(row(BilledCost=f'"{text}"'))), decimal_comma=True))
    assert line.reason == f"BilledCost {text!r} has a point, where the decimal mark is said to be a comma"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-10-01T00:00:00Z", OCTOBER),
        ("2026-10-01T00:00Z", OCTOBER),
        ("2026-10-01 00:00:00", OCTOBER),
        ("2026-10-01", OCTOBER),
        ("2026-10-01T08:00:00+08:00", OCTOBER),
        ("2026-10-01T08:00:00+0800", OCTOBER),
        ("2026-09-30 19:00:00 -05", OCTOBER),
        ("2026-10-01 00:00:00 UTC", OCTOBER),
        ("2026-10-01t00:00:00z", OCTOBER),
        ("2026-10-01T00:00:00.123Z", OCTOBER.replace(microsecond=123_000)),
        ("2026-10-01T00:00:00.123456789+00:00", OCTOBER.replace(microsecond=123_456)),
    ],
)
def test_instants_are_utc_and_without_a_zone_too(tmp_path, text, moment):
    (fee,) = fees(tmp_path, csv_text(row(ChargePeriodStart=text)))
    assert fee.incurred_at == moment
    assert fee.incurred_at.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    ["31/10/2026", "2026-13-01", "2026-10-01T25:00:00Z", "20261001", "2026-W40-4", "1790812800", "soon"],
)
def test_what_is_no_date_is_refused(tmp_path, text):
    (line,) = refusals(tmp_path, csv_text(row(ChargePeriodStart=text)))
    assert line.reason == f"ChargePeriodStart {text!r} is not a date"


@pytest.mark.parametrize("text", ["0001-01-01", "0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00"])
def test_dates_that_mean_none_are_refused(tmp_path, text):
    (line,) = refusals(tmp_path, csv_text(row(ChargePeriodStart=text)))
    assert "is not a date" in line.reason


def test_the_billing_period_stands_in_for_the_charge_period(tmp_path):
    header = (*HEADER, "BillingPeriodStart", "ChargePeriodEnd")
    lines = fees(
        tmp_path,
        csv_text(
            (*row(ChargePeriodStart="NULL"), "2026-10-01", "2026-11-01"),
            (*ROW, "2026-10-01", ""),
            header=header,
        ),
    )
    assert [line.incurred_at for line in lines] == [
        datetime(2026, 10, 1, tzinfo=UTC),
        datetime(2026, 10, 3, 4, tzinfo=UTC),
    ]
    assert [line.ended_at for line in lines] == [datetime(2026, 11, 1, tzinfo=UTC), None]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"BillingAccountId": ""}, "BillingAccountId is missing"),
        ({"BillingAccountId": " null "}, "BillingAccountId is missing"),
        ({"BillingAccountId": "a" * 513}, "is longer than 512 characters"),
        ({"BillingAccountId": "2.10988E+11"}, "is a number that was rounded; export the column as text"),
        ({"BillingCurrency": ""}, "BillingCurrency is missing"),
        ({"BillingCurrency": "US$"}, "BillingCurrency 'US$' is not an ISO 4217 currency"),
        ({"BillingCurrency": "XAU"}, "BillingCurrency 'XAU' is not an ISO 4217 currency"),
        ({"BillingCurrency": "DollarsUS"}, "BillingCurrency 'DollarsUS' is not an ISO 4217 currency"),
        ({"ChargePeriodStart": ""}, "ChargePeriodStart is missing"),
    ],
)
def test_a_row_without_what_a_fee_needs_is_refused_alone(tmp_path, cells, reason):
    batches = list(read(write(tmp_path, csv_text(ROW, row(**cells), ROW))))
    (line,) = refused(batches)
    assert line.line == 3
    assert reason in line.reason
    assert line.raw == ",".join(row(**cells))[:500]
    assert [fee.line for fee in accepted(batches)] == [2, 4]
    assert sum(batch.rows for batch in batches) == 3


@pytest.mark.parametrize("word", ["", "NULL", "null", "Null", "N/A", "n/a", " NULL "])
def test_words_for_nothing_in_an_optional_column(tmp_path, word):
    (fee,) = fees(tmp_path, csv_text(row(ServiceName=word)))
    assert fee.product == ""


def test_currency_codes_in_any_case(tmp_path):
    lines = fees(tmp_path, csv_text(row(BillingCurrency="usd"), row(BillingCurrency=" Kwd")))
    assert [line.currency for line in lines] == ["USD", "KWD"]


def test_every_charge_category_is_a_fee(tmp_path):
    categories = ("Usage", "Purchase", "Tax", "Credit", "Adjustment")
    header = (*HEADER, "ChargeCategory")
    lines = fees(tmp_path, csv_text(*[(*row(BilledCost="-1"), name) for name in categories], header=header))
    assert [line.amount for line in lines] == [Decimal(-1)] * 5


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\ufeff" + csv_text(ROW), id="byte order mark"),
        pytest.param(csv_text(ROW).replace("\n", "\r\n"), id="CRLF"),
        pytest.param(csv_text(ROW).replace("\n", "\r"), id="CR"),
        pytest.param(csv_text(ROW).rstrip(), id="no line end at the end"),
        pytest.param(csv_text(ROW).replace(",", ";"), id="semicolons"),
        pytest.param(csv_text(ROW).replace(",", "\t"), id="tabs"),
        pytest.param(csv_text(ROW, header=[name.upper() for name in HEADER]), id="upper case header"),
        pytest.param(
            csv_text(ROW, header=[f" {name.lower()} " for name in HEADER]), id="padded lower case header"
        ),
        pytest.param(csv_text(["", *ROW], header=["x_First", *HEADER]), id="a column more"),
        pytest.param(csv_text(ROW[::-1], header=HEADER[::-1]), id="columns reversed"),
        pytest.param(
            csv_text([f'"{cell}"' for cell in ROW], header=[f'"{name}"' for name in HEADER]), id="all quoted"
        ),
        pytest.param("\n\n" + csv_text(ROW) + "\n\r\n\n,,,,\n", id="blank lines around"),
        pytest.param(csv_text(ROW).replace("Compute", "Com\0pute"), id="NUL"),
        pytest.param(csv_text(ROW).encode("utf-16"), id="UTF-16"),
        pytest.param(csv_text(ROW).encode("utf-16-le"), id="UTF-16 without a mark"),
        pytest.param(csv_text(ROW).encode("utf-16-be"), id="UTF-16 without a mark, the other way round"),
        pytest.param("\ufeff" * 2 + csv_text(ROW), id="two byte order marks"),
        pytest.param(csv_text(("\ufeffA1", *ROW[1:])), id="a byte order mark before the account"),
    ],
)
def test_one_row_written_in_many_ways_is_one_fee(tmp_path, text):
    (fee,) = fees(tmp_path, text)
    (plain,) = fees(tmp_path, csv_text(ROW))
    assert fee._replace(line=2) == plain


def test_quotes_hold_delimiters_quotes_and_line_ends(tmp_path):
    lines = fees(tmp_path, csv_text(row(ServiceName='"Disk, ""fast""\nand\r\nlarge"'), ROW))
    assert [(line.line, line.product) for line in lines] == [
        (2, 'Disk, "fast"\nand\r\nlarge'),
        (5, "Compute"),
    ]


def test_a_lone_carriage_return_is_no_line_end_among_others(tmp_path):
    (line,) = refusals(tmp_path, csv_text(row(ServiceName="Com\rpute"), ROW))
    assert (line.line, line.reason) == (2, "a carriage return outside quotes")


def test_rows_that_are_too_short_or_too_long(tmp_path):
    lines = refusals(tmp_path, csv_text(ROW[:4], ROW, (*ROW, "more")))
    assert [(line.line, line.reason) for line in lines] == [
        (2, "4 fields where the header has 5"),
        (4, "6 fields where the header has 5"),
    ]


def test_a_quote_that_is_never_closed_costs_its_own_line_only(tmp_path):
    batches = list(read(write(tmp_path, csv_text(ROW, row(ServiceName='"Comp'), *[ROW] * 20))))
    assert refused(batches) == [(3, "a quote is never closed", ",".join(row(ServiceName='"Comp')))]
    assert [fee.line for fee in accepted(batches)] == [2, *range(4, 24)]


def test_a_quote_that_is_never_closed_in_a_long_file(tmp_path):
    # Longer than the longest field the csv module takes.
    batches = list(
        read(write(tmp_path, csv_text(row(ServiceName='"Comp'), *[ROW] * 10_000)), batch_rows=1_000)
    )
    assert [line.line for line in refused(batches)] == [2]
    assert [fee.line for fee in accepted(batches)] == list(range(3, 10_003))


def test_a_file_cut_off_inside_quotes_does_not_pass_for_a_whole_row(tmp_path):
    batches = list(read(write(tmp_path, csv_text(ROW, row(ServiceName='"Compute, la')).rstrip())))
    assert [(line.line, line.reason) for line in refused(batches)] == [(3, "a quote is never closed")]
    assert [fee.line for fee in accepted(batches)] == [2]


def test_a_broken_row_of_several_lines_is_one_refusal(tmp_path):
    (line,) = refusals(tmp_path, csv_text(ROW, row(BilledCost="much", ServiceName='"a\nb"'), ROW))
    assert (line.line, line.raw) == (3, 'A1,much,USD,2026-10-03T04:00:00Z,"a\nb"')


def test_an_endless_line_is_refused_and_the_next_is_read(tmp_path):
    batches = list(read(write(tmp_path, csv_text(row(ServiceName="x" * 3_000_000), ROW))))
    (line,) = refused(batches)
    assert (line.line, line.reason, len(line.raw)) == (2, "a field is longer than 131072 characters", 500)
    assert [fee.line for fee in accepted(batches)] == [3]


def test_bytes_that_are_no_utf_8(tmp_path):
    batches = list(
        read(
            write(
                tmp_path,
                csv_text(ROW).encode() + b"A\xff,1,USD,2026-10-01,x\nA2,1,USD,2026-10-01,\xe9t\xe9\n",
            )
        )
    )
    (line,) = refused(batches)
    assert (line.line, line.reason) == (3, "BillingAccountId 'A\ufffd' holds bytes that are not UTF-8")
    assert accepted(batches)[1].product == "\ufffdt\ufffd"


def test_columns_can_be_chosen(tmp_path):
    header = (
        "SubAccountId",
        "EffectiveCost",
        "BillingCurrency",
        "ChargePeriodStart",
        "SkuId",
        "x_Order",
        "x_Id",
    )
    cells = ("S7", "3.25", "EUR", "2026-10-03", "sku-1", " O-9 ", "r1")
    (fee,) = fees(
        tmp_path,
        csv_text(cells, header=header),
        account_column="subaccountid",
        cost_column="EffectiveCost",
        product_column="SkuId",
        order_column="x_Order",
        id_column="x_Id",
    )
    assert (fee.account, fee.amount, fee.product, fee.order_id) == ("S7", Decimal("3.25"), "sku-1", "O-9")


def test_a_row_says_which_picture_it_is_part_of(tmp_path):
    header = (*HEADER, "ProviderName", "BillingPeriodStart")
    lines = fees(tmp_path, csv_text((*ROW, "AWS", "2026-09-01"), (*ROW, "", "202609"), header=header))
    assert [(line.provider, line.period.isoformat()) for line in lines] == [
        ("AWS", "2026-09-01T00:00:00+00:00"), ("", "2026-10-01T00:00:00+00:00"),
    ]  # fmt: skip
    (renamed,) = fees(tmp_path, csv_text((*ROW, "AWS"), header=(*HEADER, "ServiceProviderName")))
    assert renamed.provider == "AWS"
