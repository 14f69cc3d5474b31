"""Whatever a command shows, an operation of the API answers, by the same filters. Rule: R12.5b.

A new command fails here until it has a line: what reads in `READS`, what acts in `ACTS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from interfaces.cli.registry import COMMANDS, load
from interfaces.http.api.openapi import document
from interfaces.http.api.routes import OPERATIONS, PREFIX
from interfaces.resources import RESOURCES

# What a command that reads shows, and the operations that answer it, the first with its filters.
READS: Mapping[str, tuple[str, ...]] = {
    "accounts list": ("list_accounts",),
    "accounts show": ("get_account",),
    "audit": ("list_audits", "get_audit"),
    "bills list": ("list_bills",),
    "bills show": ("get_bill", "list_bill_lines"),
    "cards list": ("list_cards",),
    "charges list": ("list_charges",),
    "charges show": ("get_charge",),
    "coupons list": ("list_coupons",),
    "disputes export": ("list_disputes",),
    "disputes list": ("list_disputes",),
    "disputes show": ("get_dispute",),
    "explain": ("explain_account", "explain_bill"),
    "inbox list": ("list_events",),
    "inbox show": ("get_inbox_row",),
    "keys list": ("list_keys",),
    "ledger export": ("list_entries",),
    "listen": ("list_announcements",),
    "methods holds": ("list_holds",),
    "methods list": ("list_methods",),
    "overdue list": ("list_overdue",),
    "parked list": ("list_parked",),
    "payments list": ("list_payments",),
    "payments show": ("get_payment",),
    "quarantine list": ("list_quarantine",),
    "quarantine show": ("get_message",),
    "reconcile list": ("list_differences", "list_compared_days", "list_left_out_days"),
    "refunds list": ("list_refunds",),
    "refunds show": ("get_refund",),
    "relationships list": ("list_relationships",),
    "repayments export": ("list_repayments",),
    "repayments list": ("list_repayments",),
    "repayments show": ("get_repayment",),
    "runs list": ("list_runs", "list_slots"),
    "runs show": ("get_run",),
    "senders list": ("list_senders",),
    "settings show": ("list_settings", "list_settings_history"),
    "statements export": ("get_statement", "list_accounts"),
    "statements show": ("get_statement",),
    "terms list": ("list_terms",),
    "unified export": ("list_settlement_lines",),
    "unified list": ("list_settlements",),
    "unified show": ("get_settlement", "list_settlement_lines"),
    "unified verify": ("get_settlement", "list_settlement_lines"),
    "webhooks deliveries": ("list_deliveries",),
    "webhooks list": ("list_endpoints",),
}
# What reads, and has no operation: why.
NOT_BY_HTTP: Mapping[str, str] = {
    "archive list": "its files are on a disk of the operators'; a bill says in which archive its fees are",
    "archive show": "it reads files on this host",
    "clock show": "the test clock is of a system to try things out",
    "doctor": "it examines this host; /ready says whether a server works, /metrics has its figures",
    "env": "it is about this host",
    "parked recheck": "it works through the checks of the audit, for operators: here and at the console",
    "shell-completion": "it is about this shell",
    "status": "its figures are those of /metrics, which a monitoring server reads",
    "users list": "people are no business of programs",
}
# What changes something, or runs until it is stopped: beside the commands of `interfaces/resources.py`.
ACTS = frozenset((
    "accounts hold", "accounts import", "accounts release", "accounts watch", "archive write", "charges resolve",
    "charges run",
    "clock advance", "clock set", "db migrate", "db restored", "demo", "down", "emit", "fees import", "gatewaysim",
    "inbox dismiss", "inbox replay", "keys create", "keys revoke", "month-close", "parked release", "quarantine drop",
    "quarantine release", "reconcile dismiss", "reconcile run", "refunds resolve", "refunds run", "runs pause",
    "runs resume", "runs start", "senders add", "senders end", "serve", "settings set", "tick", "trigger",
    "unified stop", "up", "users add", "users disable", "users link", "users reset", "webhooks add", "webhooks pause",
    "webhooks remove", "webhooks replay", "webhooks resume", "webhooks rotate", "webhooks test",
))  # fmt: skip
# The parameter that an option is, where it is called otherwise.
PARAMETERS: Mapping[str, str] = {
    "charges list --unknown": "state", "charges list --payer": "state",
    "cards list --all": "used_up", "coupons list --all": "used_up",
    "inbox list --refused": "state", "inbox list --waiting": "state", "inbox list --parked": "state",
    "ledger export --cycle": "since", "ledger export --from": "since", "ledger export --to": "until",
    "quarantine list --all": "state", "reconcile list --all": "with_closed", "refunds list --unknown": "state",
    "relationships list --all": "state", "repayments list --bill": "cycle", "repayments export --bill": "cycle",
    "unified list --all": "deleted",
}  # fmt: skip
# How an answer is shown or written, which is not a filter; and what is of the command alone.
SHOWN = frozenset(
    ("--after", "--count", "--csv", "--help", "--html", "--json", "--limit", "--output", "--timeout")
)
ELSEWHERE: Mapping[str, str] = {
    "ledger export --format": "the journal for hledger is for whoever audits the database itself",
    "quarantine show --save": "the bytes are in the answer",
    "runs show --watch": "whoever waits asks again",
    "settings show --history": "an operation of its own, list_settings_history",
    "disputes show --gateway": "a name in the path",
    "statements export --cycle": "a name in the path",
    "statements show --cycle": "a name in the path",
}


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield name, command
        return
    for word, one in below.items():
        yield from _commands(one, f"{name} {word}")


ALL = {name: one for word in COMMANDS for name, one in _commands(load(word), word)}
QUERIES = {one.id: set(one.in_query) for one in OPERATIONS}


def test_every_command_is_an_act_or_is_read_by_http_or_has_a_reason():
    done = {one.command for one in RESOURCES if not one.command.startswith("emit")}
    named = [*READS, *NOT_BY_HTTP, *ACTS, *done]
    assert sorted(named) == sorted(ALL)


def test_every_operation_named_is_in_the_document():
    paths = document(OPERATIONS, prefix=PREFIX)["paths"]
    there = {one["operationId"] for at in paths.values() for one in at.values()}
    assert {operation for operations in READS.values() for operation in operations} <= there


@pytest.mark.parametrize("name", READS)
def test_every_filter_of_a_command_is_a_parameter(name: str):
    (operation, *_) = READS[name]
    options = [max(one.opts, key=len) for one in ALL[name].params if one.param_type_name == "option"]
    missing = [
        option
        for option in options
        if option not in SHOWN
        and f"{name} {option}" not in ELSEWHERE
        and PARAMETERS.get(f"{name} {option}", option.removeprefix("--").replace("-", "_"))
        not in QUERIES[operation]
    ]
    assert missing == []


def test_no_exception_is_left_of_what_there_is_no_more():
    known = {
        f"{name} {option}"
        for name, one in ALL.items()
        for parameter in one.params
        for option in parameter.opts
    }
    assert {*PARAMETERS, *ELSEWHERE} <= known
