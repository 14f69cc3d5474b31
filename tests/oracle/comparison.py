"""Both sides in one shape: what the oracle expects of an account, and what the database holds."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, text

from tests.oracle.nouns import Account, Books
from tests.oracle.paying import available_credit
from tests.support.world import World

Shown = dict[str, Any]


def expected(books: Books) -> Shown:
    """What should be there. Nothing was ever spent before it came. Rule: R4.1d, R11.3c."""
    shown: Shown = {name: _account(account) for name, account in books.accounts.items()}
    shown["below zero"] = []
    for settlement in books.settlements:
        order = {(line.account, line.cycle): no for no, line in enumerate(settlement.open_lines)}
        lines = {
            key: (line.listed, line.paid, line.state, order.get(key))
            for key, line in settlement.lines.items()
        }
        shown[f"{settlement.main}/{settlement.name}"] = (settlement.state, settlement.is_deleted, lines)
    return shown


# What is there of each fund, and owed of each bill and because of each reversal, after every instant of the ledger at
# which it changes. What is on its way from one account to another is there too, whoever has it.
_BELOW_ZERO = """
    WITH entry AS (
        SELECT debit AS kind, account_id, debit_ref AS ref, posted_at, -amount_minor AS amount FROM ledger_transfer
        UNION ALL SELECT credit, account_id, credit_ref, posted_at, amount_minor FROM ledger_transfer),
    moved AS (
        SELECT kind, CASE WHEN kind <> 'transfer_clearing' THEN account_id END AS account_id, ref, posted_at,
               sum(CASE WHEN kind IN ('receivable', 'reversal') THEN -amount ELSE amount END) AS amount
        FROM entry WHERE kind IN ('cash', 'card', 'refund', 'coupon', 'collected', 'refunding', 'receivable',
                                  'reversal', 'transfer_clearing')
        GROUP BY 1, 2, 3, 4),
    balance AS (
        SELECT *, sum(amount) OVER (PARTITION BY kind, account_id, ref ORDER BY posted_at) AS there FROM moved)
    SELECT kind, account_id, ref, posted_at, there FROM balance WHERE there < 0 ORDER BY posted_at"""


def _account(account: Account) -> Shown:
    return {
        "money": (
            account.cash,
            account.limit,
            account.frozen,
            account.set_aside,
            account.received,
            account.returnable,
        ),
        "available": available_credit(account),
        "switches": (account.switch, account.past_bills),
        "main": None if account.main is None else (account.main, account.is_valid_member),
        "holds": sorted(reason for reason, _ in account.holds),
        "refunds": [(refund.cycle, refund.left) for refund in account.refunds],
        "cards": [(card.name, card.left) for card in account.cards],
        "bills": {
            cycle: (
                bill.state,
                bill.accrued,
                bill.carried_in,
                bill.payable,
                bill.paid,
                bill.reserved,
                bill.issued_at,
                bill.settled_at,
            )
            for cycle, bill in account.bills.items()
        },
        "records": {
            cycle: sorted(
                (record.initiator, record.amount, tuple(record.sources), record.paid_at)
                for record in bill.records
            )
            for cycle, bill in account.bills.items()
            if bill.records
        },
        "payments": {
            payment.name: (payment.cycle, payment.total, payment.from_balance, payment.channel, payment.state)
            for payment in account.payments.values()
        },
        "charges": [
            (charge.reason, charge.state, [(part.cycle, part.amount, part.kept) for part in charge.parts])
            for charge in account.charges
        ],
        "reversals": [
            (reversal.name, reversal.kind, reversal.state, reversal.taken, reversal.owed)
            for reversal in account.reversals
        ],
    }


def found(world: World) -> Shown:
    """What is there."""
    with world.store.transaction() as tx:
        names = dict(_rows(tx, "SELECT id, external_id FROM account ORDER BY id"))
        shown: Shown = {
            name: {
                "holds": [], "refunds": [], "cards": [], "bills": {}, "records": defaultdict(list), "payments": {},
                "charges": [], "reversals": [], "main": None,
            }
            for name in names.values()
        }  # fmt: skip
        _read_accounts(tx, shown)
        _read_payments(tx, shown)
        _read_reversals(tx, shown)
        _read_records(tx, shown, names)
        _read_settlements(tx, shown, names)
        # Funds that were spent before they came, read in the order of dates.
        shown["below zero"] = _rows(tx, _BELOW_ZERO)
    return shown


def _rows(tx: Connection, sql: str) -> list[Any]:
    return [tuple(row) for row in tx.execute(text(sql))]


def _read_accounts(tx: Connection, shown: Shown) -> None:
    """Available credit as the view gives it that people are shown."""
    for name, *money, switch, past, available in _rows(
        tx,
        """SELECT external_id, cash_minor, credit_limit_minor, frozen_minor, held_minor, transferred_in_minor,
               returnable_minor, auto_write_off_enabled, write_off_past_bills,
               cash_minor + credit_limit_minor - frozen_minor - held_minor - coalesce((
                   SELECT sum(greatest(0, greatest(0, floor((accrued + carried_in) * 100)) - coalesce((
                       SELECT sum(remaining_minor) FROM charge_line l
                       WHERE l.account_id = b.account_id AND l.cycle = b.cycle), 0))) FROM bill b
                   WHERE b.account_id = a.id AND b.state = 'accruing'), 0)
           FROM account a""",
    ):
        shown[name] |= {"money": tuple(money), "switches": (switch, past), "available": int(available)}
    for name, main, valid in _rows(
        tx,
        """SELECT m.external_id, a.external_id, r.state = 'valid' FROM billing_relationship r
           JOIN account m ON m.id = member_id JOIN account a ON a.id = main_id WHERE r.state <> 'ended'""",
    ):
        shown[name]["main"] = (main, valid)
    for name, reason in _rows(
        tx,
        "SELECT external_id, reason FROM write_off_hold JOIN account a ON a.id = account_id ORDER BY reason",
    ):
        shown[name]["holds"].append(reason)
    for name, cycle, left in _rows(
        tx,
        """SELECT external_id, cycle, remaining_minor FROM credit_refund r JOIN account a ON a.id = account_id
           ORDER BY r.id""",
    ):
        shown[name]["refunds"].append((cycle, left))
    for name, *card in _rows(
        tx,
        """SELECT a.external_id, c.external_id, balance_minor FROM stored_value_card c
           JOIN account a ON a.id = account_id ORDER BY c.id""",
    ):
        shown[name]["cards"].append(tuple(card))
    for name, cycle, *bill in _rows(
        tx,
        """SELECT external_id, cycle, state, accrued, carried_in, payable_minor, paid_minor, reserved_minor,
               issued_at, settled_at
           FROM bill JOIN account a ON a.id = account_id""",
    ):
        shown[name]["bills"][cycle] = tuple(bill)


def _read_payments(tx: Connection, shown: Shown) -> None:
    for name, payment, *values in _rows(
        tx,
        """SELECT a.external_id, p.external_id, cycle, total_minor, balance_minor, channel, state
           FROM bill_payment p JOIN account a ON a.id = account_id""",
    ):
        shown[name]["payments"][payment] = tuple(values)
    charges: dict[tuple[str, int], tuple[str, str, list[Any]]] = {}
    for name, no, reason, state, cycle, amount, kept in _rows(
        tx,
        """SELECT external_id, attempt_no, reason, state, l.cycle, l.amount_minor, remaining_minor
           FROM charge_attempt t JOIN charge_line l USING (account_id, attempt_no) JOIN account a ON a.id = account_id
           ORDER BY account_id, attempt_no, l.cycle""",
    ):
        if (name, no) not in charges:
            charges[name, no] = (reason, state, [])
            shown[name]["charges"].append(charges[name, no])
        charges[name, no][2].append((cycle, amount, kept))


def _read_reversals(tx: Connection, shown: Shown) -> None:
    for name, *reversal in _rows(
        tx,
        """SELECT external_id, gateway_ref, kind, r.state, taken_minor, owed_minor
           FROM gateway_reversal r JOIN account a ON a.id = account_id ORDER BY account_id, reversal_no""",
    ):
        shown[name]["reversals"].append(tuple(reversal))


def _read_records(tx: Connection, shown: Shown, names: dict[int, str]) -> None:
    order = _rows(
        tx, "SELECT id, row_number() OVER (PARTITION BY account_id ORDER BY id) - 1 FROM credit_refund"
    )
    refund_no = dict(order)
    card_no = dict(
        _rows(
            tx,
            "SELECT id, row_number() OVER (PARTITION BY account_id ORDER BY id) - 1 FROM stored_value_card",
        )
    )
    records: dict[tuple[str, int, str], list[Any]] = {}
    for name, cycle, cause, initiator, total, paid_at, source, which, amount in _rows(
        tx,
        """SELECT external_id, r.cycle, cause, initiator, r.amount_minor, paid_at, source, source_id, l.amount_minor
           FROM repayment r JOIN repayment_line l USING (account_id, cycle, cause) JOIN account a ON a.id = account_id
           ORDER BY line_no""",
    ):
        _, _, sources, _ = records.setdefault((name, cycle, cause), [initiator, total, [], paid_at])
        shown_as = {
            "cash": "",
            "refund": refund_no.get(which),
            "card": card_no.get(which),
            "main_account": names.get(which),
        }.get(source, which)
        sources.append((source, str(shown_as), amount))
    for (name, cycle, _), (initiator, total, sources, paid_at) in records.items():
        shown[name]["records"][cycle].append((initiator, total, tuple(sources), paid_at))
    for account in shown.values():
        account["records"] = {cycle: sorted(entries) for cycle, entries in account["records"].items()}


def _read_settlements(tx: Connection, shown: Shown, names: dict[int, str]) -> None:
    listed: dict[int, list[Any]] = defaultdict(list)
    for settlement_id, *line in _rows(
        tx,
        """SELECT settlement_id, account_id, cycle, listed_minor, paid_minor, state FROM unified_line
           ORDER BY settlement_id, line_no""",
    ):
        listed[settlement_id].append(line)
    for settlement_id, main, name, state, deleted in _rows(
        tx, "SELECT id, main_id, external_id, state, deleted_at IS NOT NULL FROM unified_settlement"
    ):
        place, lines = 0, {}
        for account, cycle, amount, paid, line_state in listed[settlement_id]:
            is_open = line_state == "open"
            lines[names[account], cycle] = (amount, paid, line_state, place if is_open else None)
            place += is_open
        shown[f"{names[main]}/{name}"] = (state, deleted, lines)
