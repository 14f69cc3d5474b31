"""What happens in a drawn story: events that mostly make sense as things stand, and some that do not.

Names, months and amounts come from small sets, so that what happens meets.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.oracle.events import Act
from tests.oracle.nouns import Account, Bill, Books
from tests.oracle.paying import refunds_for, spendable

# A main account to be, on credit control; a member on credit control; a standard account with a card, which is
# collected from; a standard account without one.
BOSS, LENT, CARD, BARE = "boss", "lent", "card", "bare"
NAMES = (BOSS, LENT, CARD, BARE)
MEMBERS = (LENT, CARD, BARE)
CYCLES = ("2026-10", "2026-11", "2026-12")


Acts = SearchStrategy[Act]

names = st.sampled_from(NAMES)
members = st.sampled_from(MEMBERS)
# Whoever is likely to be the main account, and sometimes somebody else.
mains = st.sampled_from((BOSS, BOSS, BOSS, LENT))
cycles = st.sampled_from(CYCLES)
amounts = st.sampled_from(("20.00", "5.00", "0.01", "12.30", "50.00", "60.00", "150.00", "1200.00"))
orders = ("run", "run", "run", "closed", "deleted")
settlement_names = st.sampled_from(("u1", "u2", "u3", "u4", "u5"))
# The account, the amount, and how many days ago it was used.
fees = st.tuples(
    names,
    st.sampled_from(("50", "12.345", "0.005", "0.019", "50", "333.33", "700", "1100", "-30")),
    st.sampled_from((0, 0, 0, 15, 33)),
)


class Maybe:
    """A value that an event may leave out."""

    def __init__(self, strategy: SearchStrategy[Any]) -> None:
        self.strategy = strategy


def act(kind: str, account: SearchStrategy[str] | str, /, **data: Any) -> Acts:
    """An event with these data: strategies, plain values, or what may be missing."""
    as_strategy = {
        name: value if isinstance(value, (SearchStrategy, Maybe)) else st.just(value)
        for name, value in data.items()
    }
    given = st.fixed_dictionaries(
        {name: value for name, value in as_strategy.items() if not isinstance(value, Maybe)},
        optional={name: value.strategy for name, value in as_strategy.items() if isinstance(value, Maybe)},
    )
    return st.tuples(st.just(kind), st.just(account) if isinstance(account, str) else account, given)


def either(*groups: Acts) -> Acts:
    """One of these groups, each as likely as the others, however many ways each of them has."""
    return st.integers(0, len(groups) - 1).flatmap(lambda number: groups[number])


def acts(books: Books, number: int) -> Acts:
    """One thing that may happen now. `number` makes a name that is not taken."""
    return either(
        money(books), money(books), payments(books, number), payments(books, number), listings(books),
        settlements(books), settlements(books), changes(books), cards(number), cards(number),
        either(relationships(books), strange(number)),
    )  # fmt: skip


def money(books: Books) -> Acts:
    """Top-ups, transfers, and credit refunds."""
    ways = [
        act("top_up", names, amount=amounts, currency="USD"),
        act("top_up", BOSS, amount=amounts, currency="USD"),
        act("refund", names, amount=amounts, currency="USD", cycle=cycles),
    ]
    for account in books.accounts.values():
        if account.main is not None:
            both = {"amount": amounts, "currency": "USD"}
            ways += [
                act("transfer", account.name, from_account=account.main, **both),
                act("transfer_pulled_back", account.main, from_account=account.name, **both),
            ]
    return st.one_of(*ways)


# Local months and days, in UTC.
begins = st.sampled_from(("2026-01-01T00:00:00Z", "2026-10-31T16:00:00Z", "2026-11-30T16:00:00Z"))
ends = st.sampled_from(
    ("2026-10-31T16:00:00Z", "2026-11-20T00:00:00Z", "2026-12-31T16:00:00Z", "2027-06-01T00:00:00Z")
)
scopes = st.sampled_from((["ECS"], ["OSS"], ["ECS", "OSS"], ["OSS", "RDS"]))


def cards(number: int) -> Acts:
    """A stored value card, for all products or some, for one month or several."""
    return act(
        "card_activated", names, card=f"c{number}", amount=amounts, currency="USD", valid_from=begins, valid_until=ends,
        products=Maybe(scopes),
    ).filter(lambda drawn: drawn[2]["valid_from"] < drawn[2]["valid_until"])  # fmt: skip


def payments(books: Books, number: int) -> Acts:
    """A bill that is owed is paid by hand, or a payment under way given up."""
    ways = []
    for account in books.accounts.values():
        if (running := account.running_payment) is not None:
            ways.append(act("bill_payment_cancelled", account.name, payment=running.name))
        for bill in account.issued:
            if not bill.left or books.listed_in(account.name, bill.cycle) is not None:
                continue
            asked = {
                "payment": f"p{number}",
                "currency": "USD",
                "cycle": f"{bill.cycle // 100}-{bill.cycle % 100:02}",
            }
            at_hand = _at_hand(account, bill)
            parts = {"amount": Maybe(amounts), "from_balance": Maybe(st.sampled_from(("0", "5.00", at_hand)))}
            ways.append(act("bill_payment_requested", account.name, **asked, **parts))
            if at_hand != "0.00":
                ways.append(
                    act("bill_payment_requested", account.name, **asked, amount=at_hand, channel="balance")
                )
            if account.card and account.charge_under_way is None:
                by_card = act("bill_payment_requested", account.name, **asked, channel="visa")
                with_balance = act(
                    "bill_payment_requested", account.name, **asked, channel="visa", from_balance=at_hand
                )
                ways += [by_card, by_card, with_balance, with_balance]
    return st.one_of(*ways) if ways else money(books)


def _at_hand(account: Account, bill: Bill) -> str:
    """As much of the balance as there is for this bill."""
    there = spendable(account) + sum(refund.left for refund in refunds_for(account, bill))
    at_hand = min(there, bill.left)
    return f"{at_hand // 100}.{at_hand % 100:02}"


def listings(books: Books) -> Acts:
    """A settlement over bills that are owed by members of one main account, or by the main account itself."""
    ways = []
    for main in books.accounts.values():
        own = [one.name for one in books.accounts.values() if one is main or one.main == main.name]
        owing = [name for name in own if any(bill.left for bill in books.accounts[name].issued)]
        if owing:
            ways.append(
                act(
                    "unified_settlement_created", main.name, settlement=settlement_names,
                    accounts=st.permutations(owing).flatmap(lambda some: st.sampled_from((some, some, some[:1]))),
                    cycles=st.sampled_from((CYCLES, CYCLES[::-1], CYCLES[:1], CYCLES[1:2])).map(list),
                )
            )  # fmt: skip
    return st.one_of(*ways) if ways else money(books)


def settlements(books: Books) -> Acts:
    """Something is done about a settlement that is there."""
    ways = []
    for settlement in books.settlements:
        about = {"settlement": settlement.name}
        if settlement.is_over:
            continue
        ways += [act(f"unified_settlement_{order}", settlement.main, **about) for order in orders]
        open_bills = [
            {"account": line.account, "cycle": f"{line.cycle // 100}-{line.cycle % 100:02}"}
            for line in settlement.open_lines
        ]
        if settlement.state == "draft" and open_bills:
            some = st.permutations(open_bills).flatmap(lambda bills: st.sampled_from((bills, bills[:1])))
            ways.append(act("unified_settlement_edited", settlement.main, bills=some, **about))
            listed = st.lists(names, min_size=1, max_size=4, unique=True)
            ways.append(
                act(
                    "unified_settlement_edited",
                    settlement.main,
                    accounts=listed,
                    cycles=list(CYCLES),
                    **about,
                )
            )
    return st.one_of(*ways) if ways else listings(books)


def changes(books: Books) -> Acts:
    """What opens and shuts the gate."""
    held = [name for name, account in books.accounts.items() if ("manual", "") in account.holds]
    release = {"release": {"reason": "manual"}}
    return st.one_of(
        act("account_changed", names, auto_write_off=st.booleans()),
        act("account_changed", names, credit_limit=st.sampled_from(("5000", "30", "0")), currency="USD"),
        act("account_changed", names, frozen_amount=st.sampled_from(("0", "25")), currency="USD"),
        act("account_changed", st.sampled_from(held), **release)
        if held
        else act("account_changed", names, hold={"reason": "manual"}),
        act("account_changed", LENT, write_off_past_bills=st.booleans()),
    )


def relationships(books: Books) -> Acts:
    """Members come and go."""
    ways = [act("relationship_requested", mains, member=members)]
    for account in books.accounts.values():
        if account.main is not None and not account.is_valid_member:
            ways += [act("relationship_accepted", account.name, main=account.main)] * 3
        if account.main is not None:
            ways.append(act("relationship_ended", account.name, other=account.main))
            ways.append(act("relationship_ended", account.main, other=account.name))
    return st.one_of(*ways)


def strange(number: int) -> Acts:
    """What most likely is refused."""
    asked = {"payment": st.sampled_from(("p0", f"p{number}")), "cycle": cycles, "currency": "USD"}
    return st.one_of(
        act("bill_payment_requested", names, amount=amounts, channel=st.sampled_from(("visa", "balance")), **asked),
        act("bill_payment_cancelled", names, payment="p0"),
        act("transfer", names, from_account=names, amount=amounts, currency="USD"),
        act("transfer_pulled_back", names, from_account=names, amount=amounts, currency="USD"),
        act("relationship_ended", names, other=names),
        act("relationship_accepted", names, main=names),
        act("relationship_requested", names, member=names),
        act(
            "unified_settlement_created", names, settlement=settlement_names,
            accounts=st.lists(names, min_size=1, max_size=4, unique=True), cycles=list(CYCLES),
        ),
        *(act(f"unified_settlement_{order}", mains, settlement=settlement_names) for order in orders),
    )  # fmt: skip
