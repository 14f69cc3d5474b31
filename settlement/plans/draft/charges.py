"""Payment methods and charges of an account at this point of a plan. Accounts without a method have none."""

from __future__ import annotations

from settlement.model.accounts import AccountId
from settlement.model.cycle import Cycle
from settlement.model.gateway.charges import (
    IN_FLIGHT,
    AttemptState,
    ChargeAttempt,
    ChargeLine,
    PaymentMethod,
    PreAuthorization,
)
from settlement.model.gateway.collection import CollectionStatus
from settlement.model.snapshot import ChargePosition

# In these states the gateway may have the money already. While the payer has to confirm, it surely has not, and what
# arrives otherwise may pay the bill.
_RESERVING: frozenset[AttemptState] = frozenset(("waiting", "sent", "unknown"))


class WorkingMethod:
    """A payment method as it stands at this point of the plan."""

    __slots__ = ("disputes", "is_default", "is_touched", "method", "state", "threshold_minor")

    def __init__(self, method: PaymentMethod) -> None:
        self.method = method
        self.is_default = method.is_default
        self.state = method.state
        self.threshold_minor = method.threshold_minor
        self.disputes = method.disputes
        self.is_touched = False

    @property
    def is_paused(self) -> bool:
        """Is a dispute about one of its charges open, so that nothing is charged on it by itself. Rule: R5.9e."""
        return self.disputes > 0


class WorkingAttempt:
    """A charge attempt as it stands at this point of the plan."""

    __slots__ = ("attempt", "state")

    def __init__(self, attempt: ChargeAttempt) -> None:
        self.attempt = attempt
        self.state = attempt.state


class WorkingChargeLine:
    """A bill's part of an attempt, with what remains of what it brought in."""

    __slots__ = ("is_touched", "line", "remaining_minor")

    def __init__(self, line: ChargeLine, *, is_new: bool = False) -> None:
        self.line = line
        self.remaining_minor = line.remaining_minor
        self.is_touched = is_new


class WorkingCharges:
    """Methods, attempts and what they collected, of one account. Rule: R5.*."""

    __slots__ = ("attempts", "authorizations", "is_new", "lines", "loaded", "methods", "values")

    def __init__(self, account_id: AccountId, position: ChargePosition | None = None) -> None:
        """As loaded, or empty for an account that gets its first method."""
        self.methods: list[WorkingMethod] = []
        self.attempts: list[WorkingAttempt] = []
        self.lines: list[WorkingChargeLine] = []
        self.authorizations: list[PreAuthorization] = []
        self.is_new = position is None
        self.loaded = self.values = CollectionStatus(account_id)
        if position is None:
            return
        self.authorizations = list(position.authorizations)
        self.loaded = self.values = position.collection
        self.methods = [WorkingMethod(method) for method in position.methods]
        self.attempts = [WorkingAttempt(attempt) for attempt in position.attempts]
        self.lines = [WorkingChargeLine(line) for line in position.lines]

    @property
    def default(self) -> WorkingMethod | None:
        """The default payment method."""
        return next((method for method in self.methods if method.is_default), None)

    @property
    def chargeable(self) -> PaymentMethod | None:
        """The default method, unless it is one that only hears what is due, or that is paused. Rule: R5.1, R5.9e."""
        default = self.default
        if default is None or default.method.kind == "bank_transfer" or default.is_paused:
            return None
        return default.method

    @property
    def in_flight(self) -> WorkingAttempt | None:
        """The attempt under way; there is at most one. Rule: R5.2b."""
        return next((attempt for attempt in self.attempts if attempt.state in IN_FLIGHT), None)

    def attempt(self, attempt_no: int) -> WorkingAttempt | None:
        """An attempt by its number, if it was loaded or made here."""
        return next((found for found in self.attempts if found.attempt.attempt_no == attempt_no), None)

    def reserved_minor(self, cycle: Cycle) -> int:
        """What a charge that may have happened already covers of a bill."""
        in_flight = self.in_flight
        if in_flight is None or in_flight.state not in _RESERVING or in_flight.attempt.reason == "manual":
            # What a manual payment is about is reserved on the bill itself, for as long as the payment runs.
            return 0
        no = in_flight.attempt.attempt_no
        return sum(
            working.line.amount_minor
            for working in self.lines
            if working.line.attempt_no == no and working.line.cycle == cycle
        )

    def collected_minor(self, cycle: Cycle) -> int:
        """What charges brought in for a bill that is not issued yet."""
        return sum(working.remaining_minor for working in self.lines if working.line.cycle == cycle)
