"""What each operation of the API is called in the client: the resource that it belongs to, and the method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# A new operation gets its line here, then `make docs` writes its method.
NAMES: Mapping[str, str] = {
    "post_events": "events.send",
    "get_event": "events.get",
    "list_events": "events.list",
    "get_inbox_row": "events.get_row",
    "get_operation": "operations.get",
    "open_account": "accounts.open",
    "change_account": "accounts.change",
    "get_account": "accounts.get",
    "explain_account": "accounts.explain",
    "list_accounts": "accounts.list",
    "list_parked": "accounts.list_parked",
    "top_up": "top_ups.create",
    "transfer": "transfers.create",
    "pull_back": "transfers.pull_back",
    "list_transfers": "transfers.list",
    "refund": "refunds.create",
    "get_refund": "refunds.get",
    "list_refunds": "refunds.list",
    "list_credit_refunds": "refunds.list_credit",
    "add_fees": "fees.add",
    "activate_card": "cards.activate",
    "list_cards": "cards.list",
    "grant_coupon": "coupons.grant",
    "list_coupons": "coupons.list",
    "agree_term": "terms.agree",
    "list_terms": "terms.list",
    "add_method": "methods.add",
    "make_method_default": "methods.make_default",
    "verify_method": "methods.verify",
    "remove_method": "methods.remove",
    "list_methods": "methods.list",
    "list_holds": "methods.list_holds",
    "activate_product": "products.activate",
    "request_relationship": "relationships.request",
    "accept_relationship": "relationships.accept",
    "end_relationship": "relationships.end",
    "list_relationships": "relationships.list",
    "pay_bill": "payments.create",
    "cancel_payment": "payments.cancel",
    "get_payment": "payments.get",
    "list_payments": "payments.list",
    "create_settlement": "unified_settlements.create",
    "edit_settlement": "unified_settlements.edit",
    "run_settlement": "unified_settlements.run",
    "close_settlement": "unified_settlements.close",
    "delete_settlement": "unified_settlements.delete",
    "get_settlement": "unified_settlements.get",
    "list_settlements": "unified_settlements.list",
    "list_settlement_lines": "unified_settlements.list_lines",
    "get_bill": "bills.get",
    "explain_bill": "bills.explain",
    "list_bills": "bills.list",
    "list_bill_lines": "bills.list_lines",
    "list_overdue": "bills.list_overdue",
    "get_statement": "statements.get",
    "list_repayments": "repayments.list",
    "get_repayment": "repayments.get",
    "get_charge": "charges.get",
    "list_charges": "charges.list",
    "get_dispute": "disputes.get",
    "list_disputes": "disputes.list",
    "list_differences": "differences.list",
    "list_compared_days": "differences.list_days",
    "list_left_out_days": "differences.list_left_out",
    "list_entries": "ledger.list",
    "start_run": "runs.start",
    "pause_run": "runs.pause",
    "resume_run": "runs.resume",
    "get_run": "runs.get",
    "list_runs": "runs.list",
    "list_slots": "runs.list_slots",
    "get_audit": "audits.get",
    "list_audits": "audits.list",
    "list_settings": "settings.list",
    "list_settings_history": "settings.list_history",
    "list_senders": "senders.list",
    "list_keys": "keys.list",
    "list_endpoints": "webhooks.list",
    "list_deliveries": "webhooks.list_deliveries",
    "get_message": "quarantine.get",
    "list_quarantine": "quarantine.list",
    "list_announcements": "announcements.list",
    "get_openapi": "contract.openapi",
    "get_asyncapi": "contract.asyncapi",
    "list_schemas": "contract.schemas",
    "get_schema": "contract.schema",
}

# The module that a resource is written to.
MODULES: Mapping[str, Sequence[str]] = {
    "accounts": ("accounts",),
    "audits": ("audits", "settings"),
    "bills": ("bills", "statements", "repayments"),
    "cards": ("cards", "coupons"),
    "charges": ("charges", "disputes", "differences"),
    "contract": ("contract",),
    "events": ("events", "operations", "quarantine", "announcements"),
    "fees": ("fees", "products"),
    "ledger": ("ledger",),
    "methods": ("methods",),
    "payments": ("payments",),
    "refunds": ("refunds",),
    "relationships": ("relationships",),
    "runs": ("runs",),
    "senders": ("senders", "keys", "webhooks"),
    "terms": ("terms",),
    "top_ups": ("top_ups", "transfers"),
    "unified_settlements": ("unified_settlements",),
}


def checked(operations: set[str], names: Mapping[str, str]) -> None:
    """Has every operation one name of its own, and every resource a module?

    Raises:
        ValueError: it has none, or a name belongs to none.
    """
    if missing := sorted(operations - set(names)):
        raise ValueError(f"no name for {', '.join(missing)}: add it to client/generator/names.py")
    if left := sorted(set(names) - operations):
        raise ValueError(
            f"no operation is called {', '.join(left)}: take it out of client/generator/names.py"
        )
    if len(set(names.values())) != len(names):
        raise ValueError("two operations have one name in the client")
    resources = {name.partition(".")[0] for name in names.values()}
    if homeless := sorted(resources - {one for members in MODULES.values() for one in members}):
        raise ValueError(f"no module for {', '.join(homeless)}: add it to client/generator/names.py")
