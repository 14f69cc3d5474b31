"""What may be done at the console: each is a resource of the API, and so an event; who may, in which words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from interfaces.resources import RESOURCES

_EVENTS = {resource.id: resource.event for resource in RESOURCES}


@dataclass(frozen=True, slots=True)
class Action:
    """One action. `fields`: those of the event's data that its form has, all where none is named; `named`: what the
    event calls the thing that it makes, for which a name is proposed. `set`: data that are what the action is.
    `needs_reason`: it moves money, and is kept with why.
    """

    id: str
    resource: str
    title: str
    needs_reason: bool = False
    fields: tuple[str, ...] = ()
    named: str = ""
    set: Mapping[str, object] = field(default_factory=dict)

    @property
    def event(self) -> str:
        """The type of event that it becomes."""
        return _EVENTS[self.resource]


# In the groups and the order in which an account's page offers them.
ACCOUNT_ACTIONS: dict[str, tuple[Action, ...]] = {
    "Money": (
        Action("top-up", "top_up", "Top up", needs_reason=True),
        Action("refund", "refund", "Book a refund", needs_reason=True),
        Action("cancel-payment", "cancel_payment", "Cancel a payment", needs_reason=True),
    ),
    "Funds": (
        Action("card", "activate_card", "Activate a card", named="card", needs_reason=True),
        Action("coupon", "grant_coupon", "Grant a coupon", named="coupon", needs_reason=True),
        Action("method", "add_method", "Add a payment method", named="method"),
        Action("product", "activate_product", "Activate a product"),
    ),
    "Limits and switches": (
        Action("credit-limit", "change_account", "Set credit limit", fields=("credit_limit", "currency")),
        Action("switches", "change_account", "Set switches",
               fields=("auto_write_off", "write_off_past_bills", "credit_control")),
        Action("frozen-amount", "change_account", "Freeze an amount", fields=("frozen_amount", "currency")),
        Action("low-credit-line", "change_account", "Watch available credit", fields=("low_credit_line", "currency")),
        Action("end-low-credit-watch", "change_account", "End the watch", set={"low_credit_watch": False}),
        Action("hold", "change_account", "Hold write-off", fields=("hold.reason", "hold.ref")),
        Action("release", "change_account", "Release a hold", fields=("release.reason", "release.ref")),
        Action("term", "agree_term", "Agree a payment term"),
    ),
    "Relationships": (
        Action("transfer", "transfer", "Receive from the main account", needs_reason=True),
        Action("pull-back", "pull_back", "Pull back from a member", needs_reason=True),
        Action("relationship", "request_relationship", "Invite a member"),
        Action("accept", "accept_relationship", "Accept a main account"),
        Action("end-relationship", "end_relationship", "End a relationship"),
    ),
}  # fmt: skip
SETTLEMENT_ACTIONS = (
    Action("run-settlement", "run_settlement", "Run", needs_reason=True),
    Action("edit-settlement", "edit_settlement", "Edit", fields=("settlement", "accounts", "cycles")),
    Action("close-settlement", "close_settlement", "Close"),
    Action("delete-settlement", "delete_settlement", "Delete"),
)
ACTIONS = {action.id: action for group in (*ACCOUNT_ACTIONS.values(), SETTLEMENT_ACTIONS) for action in group}
