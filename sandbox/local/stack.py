"""The servers that a laptop needs: those that the settings name, else the embedded ones."""

from __future__ import annotations

from dataclasses import dataclass, field

from config.settings import Settings
from sandbox.local.postgres import OWNER_ROLE, EmbeddedPostgres
from sandbox.local.valkey import EmbeddedValkey
from worker.servers import BROKER, DATABASE, OWNER, write_embedded


@dataclass(frozen=True, slots=True)
class LocalUrls:
    """Where database and broker are. The URLs may hold passwords and are not shown."""

    database_url: str = field(repr=False)
    migration_url: str = field(repr=False)
    broker_url: str = field(repr=False)

    def as_environment(self) -> dict[str, str]:
        """The variables that hand these URLs to a child process."""
        return {
            "SETTLE_DATABASE_URL": self.database_url,
            "SETTLE_MIGRATION_URL": self.migration_url,
            "SETTLE_BROKER_URL": self.broker_url,
        }


def ensure_servers(settings: Settings) -> LocalUrls:
    """Starts the embedded servers that the settings do not replace, and writes down where they are.

    Quick when they run already.

    Raises:
        LocalServerError: a server did not start.
    """
    if settings.database_url is None:
        EmbeddedPostgres(settings.state_dir, settings.worker_role).start()
    if settings.broker_url is None:
        EmbeddedValkey(settings.state_dir).start()
    urls = local_urls(settings)
    embedded: dict[str, str] = {}
    if settings.database_url is None:
        embedded |= {DATABASE: urls.database_url, OWNER: urls.migration_url}
    if settings.broker_url is None:
        embedded |= {BROKER: urls.broker_url}
    if embedded:
        write_embedded(settings.state_dir, embedded)
    return urls


def local_urls(settings: Settings) -> LocalUrls:
    """Where the servers are, without starting any.

    Raises:
        LocalServerError: the embedded Valkey is meant, and was never started.
    """
    if settings.database_url is None:
        postgres = EmbeddedPostgres(settings.state_dir, settings.worker_role)
        database_url, migration_url = postgres.url(), postgres.url(OWNER_ROLE)
    else:
        database_url = settings.database_url.get_secret_value()
        owner = settings.migration_url or settings.database_url
        migration_url = owner.get_secret_value()
    broker_url = (
        EmbeddedValkey(settings.state_dir).url()
        if settings.broker_url is None
        else settings.broker_url.get_secret_value()
    )
    return LocalUrls(database_url, migration_url, broker_url)


def stop_servers(settings: Settings) -> None:
    """Stops the embedded servers of this state folder. Servers that the settings name are left alone.

    Raises:
        LocalServerError: a server did not stop in time.
    """
    EmbeddedValkey(settings.state_dir).stop()
    EmbeddedPostgres(settings.state_dir, settings.worker_role).stop()
