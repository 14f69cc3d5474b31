"""All tables together, and which of them are only added to."""

from __future__ import annotations

from settlement.storage.tables import (  # noqa: F401 - each adds its tables to the schema
    bills,
    charges,
    credit,
    events,
    funds,
    gateways,
    methods,
    payments,
    quarantine,
    refunds,
    relationships,
    reversals,
    runs,
    senders,
    unified_settlements,
)
from settlement.storage.tables.accounts import CURRENCY
from settlement.storage.tables.columns import SCHEMA
from settlement.storage.tables.fees import FEE
from settlement.storage.tables.operating import (  # noqa: F401 - adds its tables to the schema
    bill_sums,
    processes,
)
from settlement.storage.tables.operating.archives import (
    ARCHIVE,
    ARCHIVED_EVENT,
    ARCHIVED_FEE,
    ARCHIVED_FEE_KEYS,
    ARCHIVED_LEDGER,
    ARCHIVED_NAME,
)
from settlement.storage.tables.people import users  # noqa: F401 - likewise
from settlement.storage.tables.records import LEDGER_TRANSFER, REPAYMENT, REPAYMENT_LINE
from settlement.storage.tables.runs import SETTINGS_VERSION

# Parents before children.
TABLES = tuple(SCHEMA.sorted_tables)
# What is written there stays: the worker's role may not change it, and a trigger refuses whoever may. Rule: R11.2.
APPEND_ONLY = tuple(
    table.name for table in (LEDGER_TRANSFER, REPAYMENT, REPAYMENT_LINE, FEE, SETTINGS_VERSION)
)
# Migrations fill these.
FIXED = (CURRENCY.name, "alembic_version")
# The worker's role may only read these: the owner fills them, by migrations and by archives.
READ_ONLY = (
    *FIXED,
    *(
        table.name
        for table in (
            ARCHIVE,
            ARCHIVED_EVENT,
            ARCHIVED_FEE,
            ARCHIVED_FEE_KEYS,
            ARCHIVED_LEDGER,
            ARCHIVED_NAME,
        )
    ),
)
