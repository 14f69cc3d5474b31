"""The test of a module is found by its name: `tests/<room>/…/test_<module>.py`; of what has none, it is listed here.

Both ways: a test in the folder of a room names a module of it, or is listed with what it is about; and a module of the
rooms that decide and keep money has a test of its name, or is listed with the test that goes through it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"

# A noun names one subject in every room, and one story goes through all of them: from the event by plan, proof, load
# and apply to the books and their audit.
STORIES: Mapping[str, str] = {
    "accounts": "scenarios/test_stories.py",
    "accrual": "scenarios/test_stories.py",
    "after_charge": "scenarios/collection/test_collection.py",
    "attempts": "scenarios/collection/test_collection.py",
    "authorizations": "scenarios/collection/test_pre_authorization.py",
    "batch": "plans/events/test_plan.py",
    "bills": "scenarios/test_stories.py",
    "changes": "scenarios/test_stories.py",
    "charges": "scenarios/collection/test_collection.py",
    "charges_in_flight": "scenarios/collection/test_doubt.py",
    "collection": "scenarios/collection/test_collection.py",
    "coupons": "scenarios/test_credit_control.py",
    "credit": "scenarios/test_credit_control.py",
    "draft": "scenarios/test_stories.py",
    "dunning": "scenarios/collection/test_declines.py",
    "events": "storage/test_event_outcomes.py",
    "expiry": "scenarios/test_stories.py",
    "exports": "operations/inbox/test_fee_snapshots.py",
    "faults": "proof/test_changes.py",
    "fee_imports": "operations/inbox/test_fee_imports.py",
    "fee_snapshots": "operations/inbox/test_fee_snapshots.py",
    "fees": "scenarios/test_stories.py",
    "funds": "scenarios/test_stories.py",
    "inflow": "plans/events/test_plan.py",
    "low_credit": "scenarios/test_credit_control.py",
    "methods": "scenarios/collection/test_collection.py",
    "money": "scenarios/test_stories.py",
    "outcomes": "scenarios/collection/test_collection.py",
    "own_bills": "plans/payments/test_unified_settlements.py",
    "payments": "scenarios/repayment/test_by_people.py",
    "records": "scenarios/test_stories.py",
    "refunds": "scenarios/collection/test_refunds_to_the_method.py",
    "relationships": "scenarios/repayment/test_by_people.py",
    "reversals": "scenarios/collection/test_reversals.py",
    "scope": "storage/test_statement_counts.py",
    "snapshot": "scenarios/test_stories.py",
    "taken_back": "scenarios/collection/test_reversals.py",
    "terms": "scenarios/test_credit_control.py",
    "transfers": "plans/events/test_plan.py",
    "unified_payments": "scenarios/repayment/test_by_people.py",
    "unified_settlements": "scenarios/repayment/test_by_people.py",
}
COMMANDS = "interfaces/cli/commands"
# Modules, or folders of them, that the story of their noun does not go through.
COVERED: Mapping[str, str] = {
    "operations/gateway/dismissal.py": "operations/gateway/test_reconciliation.py",
    "rules/issuance.py": "plans/bills/test_issuance.py",
    "rules/reconciliation.py": "operations/gateway/test_reconciliation.py",
    "rules/repayment_groups.py": f"{COMMANDS}/bills/test_repayments.py",
    "rules/roll_forward.py": "scenarios/test_statements.py",
    "rules/settings.py": "worker/test_settings_versions.py",
    "rules/sweep.py": "rules/test_calendar_versions.py",
    "rules/thresholds.py": "scenarios/collection/test_collection.py",
    "rules/transfers.py": "plans/events/test_plan.py",
    "plans/explain/": "operations/reports/test_explanations.py",
    "plans/explain/next_collection.py": "scenarios/collection/test_explained_collection.py",
    "plans/explain/recheck.py": f"{COMMANDS}/operations/test_parked.py",
    "queries/accounts.py": f"{COMMANDS}/accounts/test_accounts.py",
    "queries/audits.py": "operations/schedule/test_daily_audit.py",
    "queries/backlog.py": f"{COMMANDS}/operations/test_status.py",
    "queries/bills.py": f"{COMMANDS}/bills/test_bills.py",
    "queries/charges.py": f"{COMMANDS}/payments/test_charges.py",
    "queries/credit.py": f"{COMMANDS}/bills/test_overdue.py",
    "queries/explanations.py": "operations/reports/test_explanations.py",
    "queries/funds.py": f"{COMMANDS}/accounts/test_cards.py",
    "queries/gateway/reconciliation.py": f"{COMMANDS}/payments/test_reconciliation.py",
    "queries/gateway/reversals.py": f"{COMMANDS}/payments/test_disputes.py",
    "queries/inbox.py": f"{COMMANDS}/events/test_inbox.py",
    "queries/ledger.py": f"{COMMANDS}/operations/test_ledger.py",
    "queries/methods.py": f"{COMMANDS}/accounts/test_methods.py",
    "queries/operating/": f"{COMMANDS}/operations/test_status.py",
    "queries/overview.py": "interfaces/http/console/test_pages.py",
    "queries/payments.py": f"{COMMANDS}/payments/test_payments.py",
    "queries/people/approvals.py": "interfaces/http/console/test_approvals.py",
    "queries/people/subjects.py": "interfaces/http/console/test_acts.py",
    "queries/people/users.py": f"{COMMANDS}/access/test_users.py",
    "queries/programs/senders.py": f"{COMMANDS}/access/test_keys.py",
    "queries/programs/webhooks.py": f"{COMMANDS}/events/test_webhooks.py",
    "queries/quarantine.py": f"{COMMANDS}/operations/test_quarantine.py",
    "queries/refunds.py": f"{COMMANDS}/payments/test_refunds.py",
    "queries/relationships.py": f"{COMMANDS}/payments/test_transfers.py",
    "queries/repayments.py": f"{COMMANDS}/bills/test_repayments.py",
    "queries/runs.py": f"{COMMANDS}/operations/test_month_close.py",
    "queries/schema.py": "operations/schedule/test_bill_sums.py",
    "queries/statements.py": f"{COMMANDS}/bills/test_statements.py",
    "queries/unified_settlements.py": f"{COMMANDS}/payments/test_unified_settlements.py",
    "gateways/": "gateways/test_contract.py",
    "gateways/lists.py": "gateways/test_unreadable.py",
    "gateways/refund_refusals.py": "gateways/test_refusals.py",
    "gateways/paypal/": "gateways/paypal/test_gateway.py",
    "gateways/paypal/signatures.py": "gateways/paypal/test_certificates.py",
    "gateways/paypal/disputes.py": "gateways/test_unreadable.py",
    "gateways/stripe/": "gateways/stripe/test_gateway.py",
}
DECIDING = ("rules", "plans", "proof", "storage/load", "storage/apply", "queries", "gateways")

# Rooms whose folders of tests mirror theirs. `interfaces/http` does not: its tests are named for what one sees there.
MIRRORED = (
    "audit", "config", "events", "focus", "gateways", "interfaces/cli", "interfaces/fields", "model", "operations",
    "plans", "proof", "queries", "rules", "sandbox", "storage", "worker",
)  # fmt: skip
# Tests in them that are about no module alone, and about what.
ABOUT: Mapping[str, str] = {
    "audit/test_columns.py": "all checks, and every column that the worker may write",
    "events/test_fuzz.py": "everything that parses",
    "focus/test_files.py": "the reader with files as they come",
    "focus/test_parquet.py": "the reader with Parquet",
    "focus/test_properties.py": "the reader, drawn",
    "focus/test_sample.py": "the reader with the sample of the demonstration",
    "focus/test_streaming.py": "what the reader keeps in memory",
    "gateways/test_contract.py": "the port, kept by both providers' libraries",
    "gateways/test_real_sandboxes.py": "the same at the providers' own sandboxes",
    "gateways/test_refusals.py": "whose fault a refusal is, by each provider",
    "gateways/test_refused_questions.py": "what a refused question says, by each provider",
    "gateways/test_refund_webhooks.py": "webhooks of each provider",
    "gateways/test_unreadable.py": "what cannot be read, by each provider",
    "interfaces/cli/test_far_figures.py": "every command that reads, with what can be booked at all",
    "interfaces/cli/test_first_steps.py": "the first commands of the README",
    "interfaces/cli/test_listings.py": "what every listing prints",
    "interfaces/cli/test_secrets.py": "everything printed or logged",
    "operations/gateway/test_paypal_approval.py": "from the charge to the money",
    "operations/gateway/test_rate_limit.py": "the engine with the rate limit of its gateway",
    "operations/gateway/test_refund_webhooks.py": "webhooks about refunds",
    "operations/inbox/test_bad_input.py": "every ingress",
    "operations/test_many_locked.py": "everything that many locked accounts meet",
    "operations/test_parked_charges.py": "the engine with parked accounts",
    "plans/test_properties.py": "every plan, drawn",
    "sandbox/demo/test_clock.py": "the demonstration's calendar",
    "sandbox/gatewaysim/test_dashboard.py": "both stand-ins",
    "sandbox/gatewaysim/test_stop.py": "its process",
    "storage/test_append_only.py": "triggers and grants",
    "storage/test_card_numbers.py": "what is kept of an event",
    "storage/test_charge_statement_counts.py": "statements of a set",
    "storage/test_event_outcomes.py": "the view of events",
    "storage/test_refund_constraints.py": "constraints",
    "storage/test_refund_statement_counts.py": "statements of a set",
    "storage/test_repayment_constraints.py": "constraints",
    "storage/test_repayment_statement_counts.py": "statements of a set",
    "storage/test_reversal_statement_counts.py": "statements of a set",
    "storage/test_sender_roles.py": "grants of senders",
    "storage/test_sharding.py": "statements that name no account",
    "storage/test_statement_counts.py": "statements of a set",
    "storage/test_upgrades.py": "migrations under traffic",
    "worker/test_settings_versions.py": "processes whose settings differ",
    "worker/test_strangers.py": "the import path of a process",
}


def modules(rooms: tuple[str, ...]) -> Iterator[Path]:
    """Modules of `settlement` in these rooms, by their path in it."""
    for room in rooms:
        for path in sorted((ROOT / "settlement" / room).rglob("*.py")):
            if path.name != "__init__.py":
                yield path.relative_to(ROOT / "settlement")


def named_after(module: Path, tests: Path = TESTS) -> list[Path]:
    """Tests of its name, or of a part of it (`test_refunds_to_the_end.py`), in its folder or in one above."""
    folders = [module.parent, *module.parent.parents][:-1]
    return [
        found
        for folder in folders
        for pattern in (f"test_{module.stem}.py", f"test_{module.stem}_*.py")
        for found in sorted((tests / folder).glob(pattern))
    ]


def listed(module: Path) -> str | None:
    """The test that is said to go through it: of the module, of its noun, or of its folder."""
    if str(module) in COVERED:
        return COVERED[str(module)]
    if (
        module.parts[0] in {"plans", "proof", "storage"}
        and module.stem in STORIES
        and "explain" not in module.parts
    ):
        return STORIES[module.stem]
    folders = (f"{folder}/" for folder in module.parents)
    return next((COVERED[folder] for folder in folders if folder in COVERED), None)


def of_room(test: Path) -> bool:
    """Does a test in the folder of a room begin with the name of a module or package in that folder, or below."""
    folder = ROOT / "settlement" / test.parent
    if not (ROOT / "settlement" / test.parts[0]).is_dir():
        folder = ROOT / test.parent
    while not folder.is_dir():
        folder = folder.parent
    names = {folder.name, *(path.stem for path in folder.rglob("*") if path.suffix in {"", ".py"})}
    subject = test.stem.removeprefix("test_")
    return any(subject == name or subject.startswith(f"{name}_") for name in names)


def test_every_module_that_decides_has_a_test_of_its_name_or_one_that_is_listed():
    assert [
        str(module) for module in modules(DECIDING) if not named_after(module) and listed(module) is None
    ] == []


def test_every_question_of_the_audit_has_its_planted_faults_by_name():
    of_checks = {path.stem for path in modules(("audit/checks",))}
    assert {path.stem for path in (TESTS / "audit/checks").glob("*.sql")} == of_checks


def test_what_is_listed_is_there_and_needed():
    assert [
        test for test in {*COVERED.values(), *STORIES.values(), *ABOUT} if not (TESTS / test).is_file()
    ] == []
    assert [one for one in COVERED if not (ROOT / "settlement" / one).exists()] == []
    assert [one for one in COVERED if one.endswith(".py") and named_after(Path(one))] == []
    assert set(STORIES) - {module.stem for module in modules(DECIDING)} == set()


def test_every_test_in_the_folder_of_a_room_names_a_module_of_it_or_is_listed():
    tests = {
        path.relative_to(TESTS): of_room(path.relative_to(TESTS))
        for room in MIRRORED
        for path in (TESTS / room).rglob("test_*.py")
    }
    assert {str(test) for test, named in tests.items() if not named} == set(ABOUT)


@pytest.mark.parametrize(
    ("module", "found"),
    [
        ("rules/gate.py", True),
        ("gateways/stripe/decline_codes.py", True),
        ("rules/nothing.py", False),
        ("nothing/gate.py", False),
    ],
)
def test_a_test_is_found_in_the_folder_of_its_module_or_above(module, found):
    assert bool(named_after(Path(module))) is found


def test_a_test_that_names_nothing_is_found_out():
    assert of_room(Path("rules/test_gate.py"))
    assert not of_room(Path("rules/test_everything.py"))
    assert listed(Path("rules/everything.py")) is None
