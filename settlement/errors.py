"""The families of error, and what each asks of the caller.

    SettleError
    ├── Refused        the caller's fault: record it with its code, answer it, go on with the rest
    │   └── NotFound   the thing named does not exist
    ├── Unavailable    a dependency is down or busy: nothing was decided, try again later
    │   ├── Busy       what one piece of work needs is in use: others may be done meanwhile
    │   │   └── TooLong    a statement ran into its time limit: the work may be too much at once
    │   ├── SettingsDiffer   this process was started with other settings than the database has: it books nothing
    │   ├── ClocksDiffer   this host's clock is not the database's: nothing is booked until they agree
    │   └── OutcomeUnknown  it was sent and no answer came: it may have happened; repeating is safe and tells
    ├── Misconfigured  a gateway refuses our own credentials or set-up: nothing was charged, a person has to act
    └── Broken         figures do not add up: park the named accounts, go on with the rest

Expected outcomes (a bill that cannot be paid yet, an event that is a repeat) are values, not errors.
"""

from __future__ import annotations

from collections.abc import Mapping


class SettleError(Exception):
    """Root of every error this package raises on purpose."""


class Refused(SettleError):
    """A rule or a malformed input refuses the request.

    `code` is a stable word for programs (`unknown_account`), `message` a sentence that names what and where.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class NotFound(Refused):
    """The account, bill, run or event named does not exist."""


def unknown_account(name: str) -> NotFound:
    """No account goes by this name; said everywhere in the same words."""
    return NotFound("unknown_account", f"account {name!r} is not known; `settle accounts list` shows all")


class Unavailable(SettleError):
    """PostgreSQL or the broker cannot be reached, or a lock was not granted in time. Safe to try again."""


class Busy(Unavailable):
    """PostgreSQL is there, but what this needs is not free now: a lock or a statement ran into its time limit, or what
    was read before the locks had changed. Whatever needs something else may go on.
    """


class TooLong(Busy):
    """A statement ran into its time limit. Half as much may be done in time; what fails alone will fail again."""


class ClocksDiffer(Unavailable):
    """This host's clock is away from the database's: what it books might land in the wrong month. Rule: R3.7a."""


class SettingsDiffer(Unavailable):
    """What moves money is set otherwise here than in the database, or is unknown here. Rule: R3.7f, R11.7d."""


class OutcomeUnknown(Unavailable):
    """Something was sent, a commit or a message, and no answer came. Repeating it is safe, as everywhere."""


class Misconfigured(SettleError):
    """A gateway refuses our credentials, permissions or set-up. This call charged nothing; all wait for a person."""


class UnusableServer(SettleError):
    """The database or broker that the settings name is too old for this program, or its URL cannot be read. Trying
    again changes nothing.
    """


class Broken(SettleError):
    """An invariant of money does not hold for these accounts. Rule: R11.4.

    `reasons` maps each account's id to the sentence that explains what does not add up.
    """

    def __init__(self, reasons: Mapping[int, str]) -> None:
        super().__init__(
            "; ".join(f"account {account_id}: {reason}" for account_id, reason in reasons.items())
        )
        self.reasons = dict(reasons)
