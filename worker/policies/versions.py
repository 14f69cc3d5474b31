"""From the versions of the settings in the database to the policy of this process. Rule: R3.7b, R3.7f."""

from __future__ import annotations

import getpass
import socket
import threading
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise

from sqlalchemy import Connection

from config.money import MONEY, is_same, money_values, set_here, variable_of, with_values
from config.settings import Settings, SettingsError
from settlement import __version__
from settlement.errors import Refused, SettingsDiffer
from settlement.model.instants import instant_text
from settlement.model.policies.policy import Policy, PolicyHistory
from settlement.model.policies.versions import FIRST, SettingsVersion, in_order, value_text, values_at
from settlement.rules.calendar import same_local_day
from settlement.storage.work.settings import versions as stored
from worker.policies.policy import policy_of


class PolicyBook:
    """The policy of a process, from the database. It is read again when there are more versions than it knows.

    Safe to share between threads. How gateways are reached and asked comes from this process's environment.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._known = -1
        self._as_of = FIRST
        self._history = PolicyHistory([(FIRST, policy_of(settings))])
        self._versions: list[SettingsVersion] = []
        self._is_agreed = False

    @property
    def is_read(self) -> bool:
        """Was the database asked yet."""
        return self._known >= 0

    @property
    def is_empty(self) -> bool:
        """Has the database no version yet: the environment of whoever books first will be it."""
        return not self._known

    @property
    def policy(self) -> Policy:
        """The version that held when the clocks were last read."""
        return self._history.at(self._as_of)

    def learn(self, tx: Connection, known: int, at: datetime) -> None:
        """Takes note that there are so many versions, and that it is `at` (UTC).

        Raises:
            SettingsDiffer: one names a setting that this release does not know.
        """
        with self._lock:
            self._as_of = max(self._as_of, at)
            if known <= self._known:
                return
            versions = stored.every(tx)
            refuse_unknown(versions)
            self._versions = versions
            self._history.learn(policies(self._settings, versions))
            self._known = len(versions)

    def agree(self, at: datetime) -> None:
        """Asks once whether the environment sets what the database has otherwise.

        Raises:
            SettingsDiffer: it does.
        """
        if not self._is_agreed:
            refuse_others(self._settings, self._versions, at)
            self._is_agreed = True


def policies(settings: Settings, versions: Sequence[SettingsVersion]) -> list[tuple[datetime, Policy]]:
    """The policy of every instant at which one begins to hold; without versions that of the environment.

    Raises:
        SettingsError: a value does not fit, or two do not fit together.
    """
    instants = sorted({version.holds_from for version in versions})
    return [
        (instant, policy_of(with_values(settings, values_at(versions, instant)))) for instant in instants
    ] or [(FIRST, policy_of(settings))]


def check_versions(settings: Settings, versions: Sequence[SettingsVersion], now: datetime) -> None:
    """Refuses versions of which one, from the present instant on (UTC), could not be worked under.

    Raises:
        Refused: `bad_setting`; `zone_skips_a_day`, where a new zone shows another local day. Rule: R3.7e.
    """
    try:
        found = policies(settings, in_order(versions))
    except SettingsError as error:
        raise Refused("bad_setting", _by_name(str(error))) from None
    for (_, before), (since, after) in pairwise(found):
        if since > now and not same_local_day(since, before.zone, after.zone):
            raise Refused(
                "zone_skips_a_day",
                f"at {instant_text(since)} it is another local day in {after.zone} than in {before.zone}, so a day "
                "would come twice or be left out; choose an instant at which it is the same day in both",
            )


def refuse_unknown(versions: Sequence[SettingsVersion]) -> None:
    """Refuses what a newer release set, which this one would not go by. Rule: R11.7d.

    Raises:
        SettingsDiffer: it names each setting with who set it and when, and what to do.
    """
    unknown = [
        f"{name} (set by {version.set_by} at {instant_text(version.set_at)})"
        for version in versions
        for name in version.changes
        if name not in MONEY
    ]
    if unknown:
        raise SettingsDiffer(
            f"the database has settings that release {__version__} does not know: {', '.join(unknown)}: nothing is "
            "booked here. Start the release that they were set with, or a later one"
        )


def refuse_others(settings: Settings, versions: Sequence[SettingsVersion], at: datetime) -> None:
    """Refuses an environment that sets what the database has otherwise at an instant (UTC). Rule: R3.7f.

    Raises:
        SettingsDiffer: it names each variable with both values, and what to do.
    """
    here, kept = money_values(settings), values_at(versions, at)
    different = [name for name in set_here(settings) if name in kept and not is_same(here[name], kept[name])]
    if different:
        raise SettingsDiffer(
            "; ".join(
                f"{variable_of(name)} is {value_text(here[name])} here and {value_text(kept[name])} in the database"
                for name in different
            )
            + ": nothing is booked here. Leave unset what the database decides, or change it there, for all processes "
            "and from a later instant on, with `settle settings set`"
        )


def variables_of(names: Iterable[str]) -> str:
    """The variables that would propose these settings, for people."""
    return ", ".join(variable_of(name) for name in names)


def _by_name(text: str) -> str:
    """What is said of variables of the environment, said of the settings in the database."""
    for name in sorted(MONEY, key=len, reverse=True):
        text = text.replace(variable_of(name), name)
    return text


def who() -> str:
    """Who sets something: the user and the host, `ana@billing-1`."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        # A container's user need not have a name.
        user = "somebody"
    return f"{user}@{socket.gethostname()}"
