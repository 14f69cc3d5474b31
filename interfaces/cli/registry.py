"""Every command of `settle`: its name, where it is, its line in `settle --help`. None is loaded to be listed."""

from __future__ import annotations

import importlib
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

# The variable by which a shell asks what may follow.
COMPLETE = "_SETTLE_COMPLETE"


class Entry(NamedTuple):
    """One command: `module:function` below `commands`, or the module whose `app` is a group; how its help begins."""

    name: str
    place: str
    help: str


# By whom they serve, in the order in which `settle --help` shows them.
PANELS: dict[str, tuple[Entry, ...]] = {
    "Finance": (
        Entry(
            "accounts", "accounts.accounts", "Accounts: open, import, list, show, set, hold, release, watch."
        ),
        Entry("bills", "bills.bills", "Bills: one per account and month, named ACCOUNT:YYYY-MM."),
        Entry("overdue", "bills.overdue", "Bills past their due date."),
        Entry("statements", "bills.statements", "Statements: an account and a month, with every movement."),
        Entry(
            "explain",
            "bills.explain:explain_name",
            "Explains a bill, or every bill that an account has not settled.",
        ),
        Entry("top-up", "payments.money:top_up", "Books money that was paid in from outside."),
        Entry("products", "payments.money", "Pay-as-you-go products: activate."),
        Entry("pay", "payments.payments:pay_bill", "Pays a bill by hand."),
        Entry("payments", "payments.payments", "Manual payments of bills: list, show, cancel."),
        Entry("repayments", "bills.repayments", "Repayments: what paid which bill, from which fund."),
        Entry("terms", "accounts.terms", "Payment terms: by when bills are to be paid."),
        Entry("coupons", "accounts.coupons", "Coupons: they come off bills when these are issued."),
        Entry("cards", "accounts.cards", "Stored value cards: what is left on them, until when."),
        Entry("methods", "accounts.methods", "Payment methods: list, add, default, verify, holds, remove."),
        Entry("charges", "payments.charges", "Charges of payment methods: list, show, resolve, run."),
        Entry(
            "refunds", "payments.refunds", "Refunds: book, and to payment methods list, show, resolve, run."
        ),
        Entry(
            "disputes", "payments.disputes", "Disputes, and refunds made at a gateway: list, show, export."
        ),
        Entry(
            "reconcile", "payments.reconciliation", "Comparison with the gateways' books: run, list, dismiss."
        ),
        Entry("relationships", "accounts.relationships", "Billing relationships: who may pay for whom."),
        Entry("transfer", "payments.transfers:transfer", "Sends money from a main account to its member."),
        Entry(
            "pull-back",
            "payments.transfers:pull_back",
            "Takes back what a member was sent and has not spent.",
        ),
        Entry("unified", "payments.unified_settlements", "Unified settlements: bills of several accounts."),
        Entry("ledger", "operations.ledger", "The ledger: one balanced entry for every movement of money."),
    ),
    "Upstream systems": (
        Entry("emit", "events.emit:emit", "Sends an event, or a file of events."),
        Entry("fees", "events.fees", "Fees: import of billing exports."),
        Entry("inbox", "events.inbox", "Events: list, show, try again, dismiss."),
        Entry("senders", "access.senders", "Senders: who may send what."),
        Entry("keys", "access.keys", "Keys of the HTTP API: create, list, revoke."),
        Entry("listen", "events.listen:listen", "Shows announcements as they come."),
        Entry("trigger", "events.trigger:trigger", "Sends ready-made events, to try things out."),
        Entry("webhooks", "events.webhooks", "Webhooks: announcements to web addresses."),
    ),
    "Operators": (
        Entry("status", "operations.status:show_status", "How everything is."),
        Entry("doctor", "operations.doctor:examine", "Checks everything that may be wrong."),
        Entry("settings", "operations.settings", "Settings that move money: show, set."),
        Entry("users", "access.users", "Users of the console: add, list, link, reset, disable."),
        Entry("db", "operations.database", "The database's schema."),
        Entry("runs", "operations.runs", "Runs: start, list, show, pause, resume."),
        Entry("month-close", "operations.month_close:close_month", "Issues and pays the bills of a month."),
        Entry("tick", "sandbox.clock:tick", "Does whatever is due now, in this process."),
        Entry("audit", "operations.audit:audit_books", "Proves that everything adds up."),
        Entry("archive", "operations.archive", "Old months: write out and remove, list, show."),
        Entry("parked", "operations.parked", "Parked accounts: list, recheck, release."),
        Entry("quarantine", "operations.quarantine", "Undeliverable messages: list, show, release, drop."),
        Entry(
            "env",
            "operations.shell:show_environment",
            "Where database and broker are, as lines that a shell runs.",
        ),
        Entry(
            "shell-completion",
            "operations.shell:shell_completion",
            "Prints what makes a shell complete commands and options.",
        ),
        Entry("serve", "operations.serve:serve", "The HTTP API, until it is stopped."),
    ),
    "Trying it out": (
        Entry("up", "sandbox.stack:up", "Starts servers, worker pools and beat."),
        Entry("down", "sandbox.stack:down", "Stops what `settle up` started."),
        Entry("demo", "sandbox.demo:demo", "A month of bills, start to end, on real servers and workers."),
        Entry("clock", "sandbox.clock", "The test clock, where SETTLE_TEST_CLOCK=1 allows it."),
        Entry("gatewaysim", "sandbox.gatewaysim:gatewaysim", "A stand-in for Stripe and PayPal."),
    ),
}
COMMANDS = {entry.name: entry for entries in PANELS.values() for entry in entries}


class Group(TyperGroup):
    """A group as all groups of `settle` are: its help shows whole lines, and nothing heavy is loaded for it."""

    def get_help_option(self, ctx: Any) -> Any:
        """`--help`, which is off rather than nothing: what is a bool already is not sent through pydantic."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.default = False
        return option

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The commands, each with the first paragraph of its help."""
        commands = [self.commands[name] for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(command.name, first_paragraph(command.help)) for command in commands])


class LazyGroup(Group):
    """The commands of the registry, names and help lines until one of them is invoked."""

    def __init__(self, **attributes: Any) -> None:
        listed = [TyperCommand(entry.name, help=entry.help) for entry in COMMANDS.values()]
        super().__init__(**{**attributes, "commands": listed})

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - as it is called
        """A section per panel, with their columns under each other."""
        width = max(map(len, COMMANDS))
        for panel, entries in PANELS.items():
            with formatter.section(panel):
                formatter.write_dl([(entry.name.ljust(width), entry.help) for entry in entries])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is invoked, loaded now."""
        if args[0] in COMMANDS:
            self.add_command(load(args[0]))
        return super().resolve_command(ctx, args)


def load(name: str) -> Any:
    """A command as its module declares it."""
    module, _, function = COMMANDS[name].place.partition(":")
    declared = getattr(importlib.import_module(f"interfaces.cli.commands.{module}"), function or "app")
    app = typer.Typer(rich_markup_mode=None)
    if isinstance(declared, typer.Typer):
        app.add_typer(declared, name=name, cls=declared.info.cls or Group)
    else:
        app.command(name)(declared)
    return typer.main.get_group(app).commands[name]


def first_paragraph(text: str | None) -> str:
    """What a help text begins with, as one line."""
    return " ".join((text or "").partition("\n\n")[0].split())
