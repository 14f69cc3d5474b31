"""Which column of an export is which. Names are compared without case, positions do not matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from settlement.errors import Refused
from settlement.focus.text_file import without_marks
from settlement.focus.values import quoted

CURRENCY = "BillingCurrency"
STARTED = "ChargePeriodStart"
ENDED = "ChargePeriodEnd"
BILLED_FROM = "BillingPeriodStart"
PRODUCT = "ServiceName"
# FOCUS 1.3 renames the first to the second.
PROVIDERS = ("ProviderName", "ServiceProviderName")
# What was charged, to whom, for what. Left out on purpose: what is filled in or changed later (InvoiceId, Tags, names
# that people give), quantities and prices that another cost is reckoned from, and whatever a provider adds (`x_` …).
# In this order for ever: the identities of rows that are booked are made of it.
IDENTITY = (
    "billingaccountid", "subaccountid", "chargecategory", "chargeclass", "chargedescription", "servicename", "skuid",
    "skupriceid", "resourceid", "regionid", "availabilityzone", "commitmentdiscountid",
)  # fmt: skip

_NAMES_LISTED = 12


@dataclass(frozen=True, slots=True)
class ColumnNames:
    """Which columns of an export hold what, by name; the defaults are those of FOCUS. None: not read.

    `decimal_comma`: costs are written 1.234,50. `provider`: who charges, where the export does not say it, or
    otherwise.
    """

    account: str = "BillingAccountId"
    cost: str = "BilledCost"
    id: str | None = None
    product: str | None = PRODUCT
    order: str | None = None
    decimal_comma: bool = False
    provider: str | None = None


FOCUS_COLUMNS = ColumnNames()


@dataclass(frozen=True, slots=True)
class Columns:
    """Positions (from 0) of the columns that are read, and the names of all, lower case, in file order.

    `identity` are those of `IDENTITY`, in its order; `own_identity` those, with their names, that the caller chose
    and FOCUS does not know. Both tell rows apart that have no id of their own.
    """

    all: tuple[str, ...]
    names: ColumnNames
    account: int
    cost: int
    currency: int
    started: int | None
    ended: int | None
    billed_from: int | None
    product: int | None
    order: int | None
    id: int | None
    provider: int | None
    identity: tuple[int | None, ...]
    own_identity: tuple[tuple[str, int], ...]

    def read(self) -> list[int]:
        """Positions of the columns a fee is made of, ascending."""
        positions: tuple[int | None, ...] = (
            self.account, self.cost, self.currency, self.started, self.ended, self.billed_from,
            self.product, self.order, self.id, self.provider,
        )  # fmt: skip
        if self.id is None:
            positions += self.identity
        return sorted({position for position in positions if position is not None})


def locate(header: Sequence[str], names: ColumnNames, file: str) -> Columns:
    """The positions of `names` in `header`; `file` is what messages call the file.

    Raises:
        Refused: `no_header`, `missing_column` or `ambiguous_column`.
    """
    lowered = tuple(without_marks(name).strip().lower() for name in header)
    required = (names.account, names.cost, CURRENCY)
    if not any(name.lower() in lowered for name in (*required, STARTED, BILLED_FROM)):
        raise Refused("no_header", f"{file}: the first line is no FOCUS header ({_listed(header)})")

    def find(name: str) -> int | None:
        if lowered.count(name.lower()) > 1:
            raise Refused("ambiguous_column", f"{file}: the column {name} appears more than once")
        return lowered.index(name.lower()) if name.lower() in lowered else None

    def need(name: str) -> int:
        position = find(name)
        if position is None:
            raise Refused("missing_column", _missing(name, header, file))
        return position

    def position_of(name: str | None) -> int | None:
        return None if name is None else need(name)

    account, cost, currency = (need(name) for name in required)
    started, billed_from = find(STARTED), find(BILLED_FROM)
    if started is None and billed_from is None:
        raise Refused("missing_column", _missing(STARTED, header, file))
    at_provider = next((found for found in map(find, PROVIDERS) if found is not None), None)
    # Exports without products are fine; a product column the caller chose must be there.
    product = find(PRODUCT) if names.product == PRODUCT else position_of(names.product)
    order = position_of(names.order)
    chosen = {at: lowered[at] for at in (product, order) if at is not None and lowered[at] not in IDENTITY}
    return Columns(
        all=lowered,
        names=names,
        account=account,
        cost=cost,
        currency=currency,
        started=started,
        ended=find(ENDED),
        billed_from=billed_from,
        product=product,
        order=order,
        id=position_of(names.id),
        provider=at_provider,
        identity=tuple(find(name) for name in IDENTITY),
        own_identity=tuple(sorted((name, at) for at, name in chosen.items())),
    )


def _missing(name: str, header: Sequence[str], file: str) -> str:
    by_lowered = {column.strip().lower(): column.strip() for column in header}
    near = [by_lowered[match] for match in get_close_matches(name.lower(), by_lowered, n=3, cutoff=0.6)]
    suggestion = f"; near it: {', '.join(near)}" if near else ""
    return f"{file}: there is no column {name}{suggestion} ({_listed(header)})"


def _listed(header: Sequence[str]) -> str:
    names = ", ".join(quoted(name)[1:-1] for name in header[:_NAMES_LISTED])
    more = f" and {len(header) - _NAMES_LISTED} more" if len(header) > _NAMES_LISTED else ""
    return f"the file has: {names}{more}"
