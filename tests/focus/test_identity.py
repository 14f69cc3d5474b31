from __future__ import annotations

import gzip

import pytest

from settlement.focus import read
from tests.focus.exports import HEADER, ROW, accepted, csv_text, fees, refused, row, write


def test_columns_that_are_empty_or_absent_do_not_matter(tmp_path):
    (plain,) = fees(tmp_path, csv_text(ROW))
    (wider,) = fees(tmp_path, csv_text((*ROW, "", "NULL"), header=(*HEADER, "x_New", "Tags")))
    assert wider.row_key == plain.row_key


def test_order_quoting_spaces_and_compression_do_not_matter(tmp_path):
    (plain,) = fees(tmp_path, csv_text(ROW))
    (reordered,) = fees(tmp_path, csv_text(ROW[::-1], header=HEADER[::-1]))
    (quoted,) = fees(tmp_path, csv_text([f'" {cell}"' for cell in ROW]))
    (packed,) = fees(tmp_path, gzip.compress(csv_text(ROW).encode()))
    assert {plain.row_key} == {reordered.row_key, quoted.row_key, packed.row_key}


@pytest.mark.parametrize(
    "cells",
    [
        {"BillingAccountId": "A2"},
        {"BilledCost": "12.51"},
        {"BillingCurrency": "EUR"},
        {"ChargePeriodStart": "2026-10-03T05:00:00Z"},
        {"ServiceName": ""},
        {"ServiceName": "compute"},
    ],
)
def test_any_other_difference_is_another_row(tmp_path, cells):
    one, other = fees(tmp_path, csv_text(ROW, row(**cells)))
    assert one.row_key != other.row_key


@pytest.mark.parametrize(
    "column",
    ["ChargePeriodEnd", "SubAccountId", "ChargeCategory", "ChargeClass", "ChargeDescription", "SkuId", "SkuPriceId",
     "ResourceId", "RegionId", "AvailabilityZone", "CommitmentDiscountId"],
)  # fmt: skip
def test_a_value_more_of_what_was_charged_is_another_row(tmp_path, column):
    one, other = fees(tmp_path, csv_text((*ROW, ""), (*ROW, "2026-10-04"), header=(*HEADER, column)))
    assert one.row_key != other.row_key


@pytest.mark.parametrize(
    "column",
    ["InvoiceId", "Tags", "BillingAccountName", "ResourceName", "EffectiveCost", "ConsumedQuantity", "x_ExportTime",
     "oci_AttributedCost", "ColumnOfTheNextVersion"],
)  # fmt: skip
def test_what_is_filled_in_or_stamped_later_is_no_other_row(tmp_path, column):
    blank, filled, changed = fees(
        tmp_path, csv_text((*ROW, ""), (*ROW, "1"), (*ROW, "2"), header=(*HEADER, column))
    )
    (absent,) = fees(tmp_path, csv_text(ROW))
    assert {blank.row_key, filled.row_key, changed.row_key} == {absent.row_key}


@pytest.mark.parametrize(
    "cells",
    [
        {"BilledCost": "12.50"}, {"BilledCost": "1.25E+1"}, {"BillingCurrency": "usd"},
        {"ChargePeriodStart": "2026-10-03T12:00:00+08:00"}, {"ChargePeriodStart": "2026-10-03 04:00:00"},
    ],
)  # fmt: skip
def test_another_way_to_write_a_value_is_no_other_row(tmp_path, cells):
    one, same = fees(tmp_path, csv_text(ROW, row(**cells)))
    assert one.row_key == same.row_key


def test_a_value_in_another_column_is_another_row(tmp_path):
    header = (*HEADER, "SkuId", "ResourceId")
    one, other = fees(tmp_path, csv_text((*ROW, "v", ""), (*ROW, "", "v"), header=header))
    assert one.row_key != other.row_key


def test_values_that_look_like_columns_are_not_confused(tmp_path):
    header = (*HEADER, "SkuId", "SkuPriceId")
    one, other = fees(tmp_path, csv_text((*ROW, "a\0b", ""), (*ROW, "a", "b"), header=header))
    assert one.row_key != other.row_key


def test_a_column_of_ones_own_that_was_chosen_tells_rows_apart(tmp_path):
    text = csv_text((*ROW, "a"), (*ROW, "b"), header=(*HEADER, "What"))
    assert len({fee.row_key for fee in fees(tmp_path, text)}) == 1
    assert len({fee.row_key for fee in fees(tmp_path, text, product_column="What")}) == 2
    assert len({fee.row_key for fee in fees(tmp_path, text, order_column="What")}) == 2


def test_another_column_of_focus_for_the_product_makes_no_other_row(tmp_path):
    text = csv_text((*ROW, "sku"), header=(*HEADER, "SkuId"))
    (usual,), (chosen,) = fees(tmp_path, text), fees(tmp_path, text, product_column="SkuId")
    assert (usual.product, chosen.product) == ("Compute", "sku")
    assert usual.row_key == chosen.row_key


def test_identical_rows_share_their_identity(tmp_path):
    assert len({fee.row_key for fee in fees(tmp_path, csv_text(ROW, ROW))}) == 1


def test_an_id_column_is_the_identity_within_its_account(tmp_path):
    header = (*HEADER, "x_Id")
    text = csv_text(
        (*ROW, "r1"),
        (*row(BilledCost="99"), " r1 "),
        (*row(BillingAccountId="A2"), "r1"),
        (*ROW, "r2"),
        (*ROW, "NULL"),
        header=header,
    )
    batches = list(read(write(tmp_path, text), id_column="x_Id"))
    first, same, other_account, other_id = (fee.row_key for fee in accepted(batches))
    assert first == same
    assert len({first, other_account, other_id}) == 3
    assert [(line.line, line.reason) for line in refused(batches)] == [(6, "x_Id is missing")]


def test_identities_never_change_between_releases(tmp_path):
    # Rows already booked are recognised by these bytes: another value here books every fee a second time.
    (by_row,) = fees(tmp_path, csv_text(ROW))
    (by_id,) = fees(tmp_path, csv_text((*ROW, "r1"), header=(*HEADER, "x_Id")), id_column="x_Id")
    assert by_row.row_key.hex() == "1a28c28a0dc076168c19f96d9f1b3be6"
    assert by_id.row_key.hex() == "d611ed14b3de564da8c7b663f8f1ad76"
