"""Bills and the lines they are made of."""

from __future__ import annotations

from settlement.model.bills import BillState
from settlement.model.terms import PROVISIONAL
from settlement.storage.tables import kinds
from settlement.storage.tables.columns import key, optional, references, required, table
from settlement.storage.tables.kinds import enum

BILL_STATE = enum("bill_state", BillState)

# Was the due date of a row of `bill` counted over days that its country had not published. Rule: R6.1h.
IS_PROVISIONAL = f"strpos(due_rule, '{PROVISIONAL}') > 0"

BILL = table(
    "bill",
    key("account_id", kinds.BIGINT, "account.id"),
    key("cycle", kinds.CYCLE),
    required("currency", kinds.CURRENCY_CODE),
    required("state", BILL_STATE),
    required("accrued", kinds.NUMERIC),
    required("carried_in", kinds.NUMERIC),
    optional("payable_minor", kinds.BIGINT),
    optional("dropped", kinds.NUMERIC),
    optional("carried_out", kinds.NUMERIC),
    required("paid_minor", kinds.BIGINT),
    optional("issued_at", kinds.TIMESTAMPTZ),
    optional("settled_at", kinds.TIMESTAMPTZ),
    optional("due_on", kinds.DATE),
    optional("due_rule", kinds.TEXT),
    optional("overdue_at", kinds.TIMESTAMPTZ),
    required("reserved_minor", kinds.BIGINT),
    optional("archive_id", kinds.INTEGER),
    optional("records_archive_id", kinds.INTEGER),
)

BILL_LINE = table(
    "bill_line",
    key("account_id", kinds.BIGINT),
    key("cycle", kinds.CYCLE),
    key("product", kinds.TEXT),
    key("order_id", kinds.TEXT),
    key("single_month", kinds.BOOLEAN),
    required("accrued", kinds.NUMERIC),
    required("card_paid_minor", kinds.BIGINT),
    references("bill", "account_id", "cycle"),
)
