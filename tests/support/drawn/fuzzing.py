"""Events and exports that nobody meant: drawn near to what is right, so that they get far before they are refused.

`FUZZ_EXAMPLES` sets how many; `make fuzz` sets it high.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from settlement.events.registry import EVENT_TYPES, EVENTS

ACCOUNTS = ("fuzz-a", "fuzz-b", "fuzz-main", "fuzz-yen", "fuzz-credit")
# Main account and member.
TIED = ("fuzz-main", "fuzz-b")
Any_ = st.SearchStrategy[Any]


def mostly(good: Sequence[object], odd: Any_) -> Any_:
    """Nine times in ten one of the good values, which are also what is drawn first."""
    return st.integers(0, 9).flatmap(lambda drawn: odd if drawn == 9 else st.sampled_from(good))


ANY_TEXT = st.text(max_size=8)
ODD_TEXT = st.sampled_from(
    [
        "", " ", "\0", "\x1b[31m", "\ud800", "a" * 201, "'; DROP TABLE bill; --", "{1,2}", "\\N", "\t", "\n", "é",
        "💸", "NULL", "4242424242424242",
    ]
)  # fmt: skip
AMOUNTS = mostly(
    ["1.00", "0.01", "5.00", "12.34", "100"],
    st.one_of(
        st.sampled_from(
            [
                "0", "0.00", "-1", "-0.01", "0.001", "1e5", "1E-9", "NaN", "Infinity", "+1", " 1", "1_0", "٣", "1.",
                ".5", "", "999999999999999.99", "99999999999999999999", "0" * 400 + "1", "0." + "0" * 400 + "1",
            ]
        ),
        st.integers(-(10**20), 10**20),
        st.floats(),
    ),
)  # fmt: skip
CURRENCIES = mostly(
    ["USD"], st.one_of(st.sampled_from(["JPY", "KWD", "XXX", "usd", "US", "ＵＳＤ"]), ANY_TEXT)
)
CYCLES = mostly(
    ["2026-10", "2026-09", "2026-11"],
    st.sampled_from(["2026-13", "0000-01", "9999-12", "1899-12", "２０２６-10", "2026-1"]),
)
INSTANTS = mostly(
    ["2026-09-05T00:00:00Z", "2026-10-05T12:00:00+08:00"],
    st.sampled_from(
        [
            "2026-10-05T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30T00:00:00Z",
            "2026-10-05", "now", 0, 10**15, "1900-01-01T00:00:00Z", "2999-01-01T00:00:00Z",
        ]
    ),
)  # fmt: skip
UNTIL = mostly(["2027-10-01T00:00:00Z", "2026-12-01T00:00:00Z"], INSTANTS)
NAMES = mostly([*ACCOUNTS, "x", "y", "gift", "visa"], st.one_of(ODD_TEXT, ANY_TEXT))
# New ones again and again: what has a name is made once.
FRESH = mostly(range(10**9), ANY_TEXT).map(str)
JUNK: Any_ = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), ANY_TEXT, ODD_TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(ANY_TEXT, inner, max_size=2)),
    max_leaves=4,
)
FEES = st.lists(
    st.fixed_dictionaries(
        {"id": FRESH, "amount": AMOUNTS, "currency": CURRENCIES, "product": NAMES, "incurred_at": INSTANTS},
        optional={"order_id": NAMES, "ended_at": INSTANTS},
    ),
    min_size=1,
    max_size=3,
)
HOLD = st.fixed_dictionaries({"reason": NAMES}, optional={"ref": NAMES})
# What a field of this name may hold, wherever it stands; others hold names.
FIELDS: dict[str, Any_] = {
    **dict.fromkeys(("amount", "opening_cash", "credit_limit", "frozen_amount", "low_credit_line"), AMOUNTS),
    **dict.fromkeys(("from_account", "main", "member", "other"), mostly(TIED, NAMES)),
    **dict.fromkeys(("from_balance", "threshold"), AMOUNTS),
    **dict.fromkeys(("cycle", "from_cycle", "until_cycle"), CYCLES),
    **dict.fromkeys(("auto_write_off", "write_off_past_bills", "credit_control", "make_default"), st.booleans()),
    **dict.fromkeys(("card", "coupon", "payment", "settlement"), mostly(["x", "y"], FRESH) | FRESH),
    "currency": CURRENCIES, "valid_from": INSTANTS, "valid_until": UNTIL, "fees": FEES, "hold": HOLD, "release": HOLD,
    "channel": mostly(["balance", "visa"], NAMES), "low_credit_watch": st.just(False),
    "products": st.lists(NAMES, max_size=2), "orders": st.lists(NAMES, max_size=2),
    "accounts": st.lists(mostly(["fuzz-b"], NAMES), min_size=1, max_size=3),
    "cycles": st.lists(CYCLES, min_size=1, max_size=4),
    "bills": st.lists(st.fixed_dictionaries({"account": NAMES, "cycle": CYCLES}), max_size=3),
    "to": mostly(["credit", "cash", "original_method"], ANY_TEXT),
    "kind": mostly(["bank_card", "paypal", "bank_transfer", "amount_off", "single_use"], ANY_TEXT),
    "gateway": mostly(["sandbox"], st.sampled_from(["stripe", "nowhere"])),
    "settlement_cycle": st.sampled_from(["monthly", "quarterly"]), "period_days": st.integers(-1, 400),
    "day_kind": st.sampled_from(["calendar", "business"]), "country": mostly(["CN", "US"], ANY_TEXT),
    "closing_days": st.lists(st.sampled_from(["2026-12-01", "2026-13-01"]), max_size=2),
}  # fmt: skip


def examples(short: int) -> settings:
    """So many examples, always the same ones, or as many new ones as the environment asks for."""
    asked = os.environ.get("FUZZ_EXAMPLES")
    return settings(
        max_examples=int(asked or short),
        derandomize=not asked,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@st.composite
def messages(draw: st.DrawFn) -> Any:
    """A message as a sender might send it, by mistake or on purpose; its id is not set."""
    if draw(st.integers(0, 19)) == 19:
        return draw(JUNK)
    event_type = draw(mostly(EVENT_TYPES, ANY_TEXT))
    must, may = _SHAPES.get(event_type, ([], ["amount", "currency"]))
    # Most fields that may be there are there seldom; a field that must be is missing seldom.
    names = [name for name in must if draw(st.integers(0, 30)) != 30] + [
        name for name in may if draw(st.integers(0, 3)) == 3
    ]
    data = {name: draw(FIELDS.get(name, NAMES)) for name in names}
    if draw(st.integers(0, 19)) == 19:
        data[draw(st.one_of(ANY_TEXT, st.sampled_from([*data, "surplus"])))] = draw(JUNK)
    if event_type == "account_opened":
        account = FRESH
    else:
        tied = event_type.startswith(("transfer", "relationship", "unified"))
        account = mostly(TIED if tied else ACCOUNTS, NAMES)
    message: dict[str, Any] = {"source": "fuzz", "type": event_type, "account": draw(account), "data": data}
    odd = st.one_of(
        st.tuples(st.just("occurred_at"), INSTANTS),
        st.tuples(st.just("correlation_id"), NAMES),
        st.tuples(st.sampled_from([*message, "surplus"]), JUNK),
    )
    if draw(st.integers(0, 9)) == 9:
        name, value = draw(odd)
        message[name] = value
    return message


def _shapes() -> dict[str, tuple[list[str], list[str]]]:
    shapes = {}
    for event_type, model in EVENTS.items():
        fields = model.model_fields
        must = [name for name, field in fields.items() if field.is_required()]
        shapes[event_type] = (must, [name for name in fields if name not in must])
    return shapes


_SHAPES = _shapes()


@st.composite
def exports(draw: st.DrawFn) -> bytes:
    """A FOCUS file with something wrong here and there, as bytes."""
    columns = ["BillingAccountId", "BilledCost", "BillingCurrency", "ChargePeriodStart", "ServiceName"]
    shuffled = draw(st.permutations(columns))
    if draw(st.integers(0, 9)) == 9:
        shuffled = [*shuffled[:-1], draw(ANY_TEXT)]
    cells = {
        "BillingAccountId": mostly(ACCOUNTS, NAMES), "BilledCost": AMOUNTS.map(str), "BillingCurrency": CURRENCIES,
        "ChargePeriodStart": INSTANTS.map(str), "ServiceName": NAMES,
    }  # fmt: skip
    separator = draw(st.sampled_from([",", ",", ",", ";", "\t"]))
    lines = [separator.join(shuffled)]
    for _ in range(draw(st.integers(0, 6))):
        row = [draw(cells.get(name, ANY_TEXT)) for name in shuffled]
        quoted = [f'"{cell}"' if draw(st.integers(0, 4)) == 4 else cell for cell in row]
        lines.append(separator.join(quoted[: draw(st.sampled_from([5, 5, 5, 5, 3]))]))
    content = draw(st.sampled_from(["\n", "\r\n"])).join(lines).encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 9)) == 9:
        at = draw(st.integers(0, len(content)))
        content = content[:at] + draw(st.binary(max_size=8)) + content[at:]
    return content
