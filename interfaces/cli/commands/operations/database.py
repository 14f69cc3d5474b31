"""`settle db`: the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from interfaces.cli.render.output import JsonOption, print_json

if TYPE_CHECKING:
    from config.settings import Settings

db_app = typer.Typer(help="The database's schema.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds `db`."""
    app.add_typer(db_app, name="db")
    # With one command, Typer would take `settle db` for that command.
    db_app.callback()(lambda: None)


@db_app.command("migrate")
def migrate(as_json: JsonOption = False) -> None:
    """Brings the schema up to date and grants the worker's role its rights. Safe to repeat."""
    from config.settings import load_settings, without_password
    from settlement.operations import schema

    settings = load_settings()
    url = owner_url(settings)
    revision = schema.migrate(url, worker_role=settings.worker_role)
    if as_json:
        print_json({"revision": revision, "worker_role": settings.worker_role})
        return
    print(f"{without_password(url)} is at revision {revision}; role {settings.worker_role} has its rights")


def owner_url(settings: Settings) -> str:
    """The database as the role that owns its tables; never shown with its password."""
    from sandbox.local.postgres import OWNER_ROLE, EmbeddedPostgres

    named = settings.migration_url or settings.database_url
    if named is not None:
        return named.get_secret_value()
    return EmbeddedPostgres(settings.state_dir, settings.worker_role).url(OWNER_ROLE)
