"""`settle db`: the schema."""

from __future__ import annotations

import typer

from interfaces.cli.render.output import JsonOption, print_json

db_app = typer.Typer(help="The database's schema.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds `db`."""
    app.add_typer(db_app, name="db")
    # With one command, Typer would take `settle db` for that command.
    db_app.callback()(lambda: None)


@db_app.command("migrate")
def migrate(as_json: JsonOption = False) -> None:
    """Brings the schema up to date and grants the worker's role its rights. Safe to repeat.

    A database without settings takes those of this environment that move money (`settle settings show`).
    """
    from config.money import money_values
    from config.settings import load_settings, without_password
    from settlement.operations import schema
    from worker.policies.versions import who
    from worker.servers import migration_url

    settings = load_settings()
    url = migration_url(settings)
    revision = schema.migrate(
        url, worker_role=settings.worker_role, proposed=money_values(settings), by=who()
    )
    if as_json:
        print_json({"revision": revision, "worker_role": settings.worker_role})
        return
    print(f"{without_password(url)} is at revision {revision}; role {settings.worker_role} has its rights")
