"""Where a benchmark runs: the servers, a folder for logs, the progress shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from celery import Celery

from bench.month_close.data import Mix, load_data
from bench.place.progress import Progress
from bench.place.servers import Server
from settlement.storage.store import Store


@dataclass(frozen=True, slots=True)
class Place:
    """The server, the broker, a folder for logs, and whom to tell how far things are."""

    server: Server
    broker_url: str = field(repr=False)
    folder: Path
    progress: Progress

    @property
    def logs(self) -> Path:
        """Where workers write."""
        return self.folder / "logs"

    def environment(self, database: str, **more: str) -> dict[str, str]:
        """Variables for a worker on this database. Each database gets keys of its own in the broker."""
        return {
            "SETTLE_DATABASE_URL": self.server.worker_url(database),
            "SETTLE_BROKER_URL": self.broker_url,
            "SETTLE_BROKER_KEY_PREFIX": f"{database}:",
            "SETTLE_STATE_DIR": str(self.folder),
            **more,
        }

    @contextmanager
    def store(self, database: str) -> Iterator[Store]:
        """A database as the product uses it, closed afterwards."""
        store = Store(self.server.worker_url(database))
        try:
            yield store
        finally:
            store.close()

    @contextmanager
    def loaded(self, name: str, accounts: int, *, seed: int, mix: Mix) -> Iterator[str]:
        """A database with data, vacuumed and analysed, to make fresh copies from."""
        with self.server.database(name) as template:
            with (
                psycopg.connect(self.server.admin_url(template)) as connection,
                self.progress.bar(f"{accounts:,} accounts: load", accounts) as advance,
            ):
                load_data(connection, accounts, seed=seed, mix=mix, on_progress=advance)
            self.server.settle_down(template)
            yield template

    def profiled(
        self,
        name: str,
        number: int,
        things: str,
        profile: Callable[[str], dict[str, float]],
        *,
        repeats: int,
        seed: int,
        mix: Mix,
    ) -> dict[str, float]:
        """The least of the repeats of each figure that `profile` finds on a fresh database of `number` accounts, since
        whatever disturbs a run makes it dearer. `things`: what there is one of for each account.
        """
        found: list[dict[str, float]] = []
        with self.loaded(name, number, seed=seed, mix=mix) as template:
            for repeat in range(repeats):
                with (
                    self.server.database(f"{name}_{repeat}", template=template) as database,
                    self.progress.bar(f"{number:,} {things}: {repeat + 1}/{repeats}", None),
                ):
                    found.append(profile(database))
        return {figure: min(one[figure] for one in found) for figure in found[0]}


def sender(place: Place, environment: Mapping[str, str]) -> Celery:
    """A Celery app that only sends, as another program would."""
    app = Celery("bench", broker=place.broker_url, set_as_current=False)
    app.conf.broker_transport_options = {"global_keyprefix": environment["SETTLE_BROKER_KEY_PREFIX"]}
    app.conf.task_ignore_result = True
    return app
