"""`settle db`: the schema."""

from __future__ import annotations

import typer

from interfaces.cli.render.output import JsonOption, print_json

app = typer.Typer(help="The database's schema.", no_args_is_help=True)


@app.command("restored")
def restored(as_json: JsonOption = False) -> None:
    """Says that this database was restored, so that announcements from now on have ids that none had before.

    Needed only where PostgreSQL cannot know: its files were put back as they had been, by a snapshot of disks.
    """
    from interfaces.cli.session import opened
    from settlement.operations.inbox.relay import begin_epoch

    with opened() as runtime:
        epoch = begin_epoch(runtime.store)
    if as_json:
        print_json({"epoch": epoch})
        return
    print(f"announcements from now on are of epoch {epoch}")


@app.command("migrate")
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
