"""`python -m chaos`: a run, its report, and exit code 5 when it is found wanting."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from chaos.director import run
from chaos.failover.broker.run import fail_over_broker
from chaos.failover.postgres.run import fail_over
from chaos.failover.rabbitmq.node import is_installed
from chaos.failover.rabbitmq.run import restart_rabbitmq
from chaos.failover.report import as_text as failover_as_text
from chaos.failover.run import Outcome
from chaos.kills.report import as_text as kills_as_text
from chaos.kills.run import kill_workers
from chaos.report import as_json, as_text
from chaos.result import Size
from chaos.upgrade.run import upgrade_and_back

WANTING = 5

app = typer.Typer(
    help="Real workers under a seeded storm of faults, then a proof that nothing was lost and nothing doubled.",
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.command("kills")
def kills(
    messages: Annotated[int, typer.Option(help="Messages at least, over our transport.", min=100)] = 20_000,
    kills: Annotated[int, typer.Option(help="Workers that are killed meanwhile.", min=1)] = 40,
    compare: Annotated[
        int, typer.Option(help="Kills over Celery's own transport, for comparison.", min=0)
    ] = 20,
    seed: Annotated[int, typer.Option(help="Of whom a kill hits, and when.")] = 1,
    json_: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
) -> None:
    """Messages by Celery's name alone, with nobody sweeping, and workers killed while they have them."""
    outcomes = [kill_workers("ours", messages=messages, kills=kills, seed=seed)]
    if compare:
        outcomes.append(
            kill_workers("celery", messages=messages * compare // kills, kills=compare, seed=seed)
        )
    shown = (
        json.dumps([one.as_json() for one in outcomes], indent=2) + "\n" if json_ else kills_as_text(outcomes)
    )
    sys.stdout.write(shown)
    if outcomes[0].lost:
        raise typer.Exit(WANTING)


@app.command("failover")
def failover(
    events: Annotated[int, typer.Option(help="Events at least.", min=100)] = 20_000,
    failovers: Annotated[int, typer.Option(help="Primaries that die meanwhile.", min=1)] = 5,
    seed: Annotated[int, typer.Option(help="When they die, and for how long nobody writes.")] = 1,
    json_: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
) -> None:
    """PostgreSQL with a synchronous standby that takes over: primaries are killed while events are booked."""
    _show(fail_over(events=events, failovers=failovers, seed=seed), "primaries killed", json_=json_)


@app.command("broker-failover")
def broker_failover(
    events: Annotated[int, typer.Option(help="Events at least.", min=100)] = 20_000,
    failovers: Annotated[int, typer.Option(help="Masters of the broker that die meanwhile.", min=1)] = 5,
    seed: Annotated[int, typer.Option(help="When they die.")] = 1,
    json_: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
) -> None:
    """A Valkey with a replica and three sentinels: masters are killed while events come by stream and SQL."""
    _show(fail_over_broker(events=events, failovers=failovers, seed=seed), "masters killed", json_=json_)


@app.command("rabbitmq")
def rabbitmq(
    events: Annotated[int, typer.Option(help="Events at least.", min=100)] = 20_000,
    restarts: Annotated[
        int, typer.Option(help="Times that the node is stopped or killed, and a worker with it.", min=1)
    ] = 6,
    seed: Annotated[int, typer.Option(help="When.")] = 1,
    json_: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
) -> None:
    """RabbitMQ as the broker: its node goes away and comes back, and workers die, while events come by name and SQL."""
    if not is_installed():
        raise typer.BadParameter("RabbitMQ is not installed on this machine")
    outcome = restart_rabbitmq(events=events, restarts=restarts, seed=seed)
    _show(outcome, "times the node of RabbitMQ went away and a worker died", json_=json_)


@app.command("upgrade")
def upgrade(
    events: Annotated[int, typer.Option(help="Events at least.", min=100)] = 5_000,
    json_: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
) -> None:
    """From the previous release to this one, back and forth again, with the code of both, over three month closes."""
    _show(upgrade_and_back(events=events), "steps of an upgrade, of the way back and of another", json_=json_)


def _show(outcome: Outcome, done: str, *, json_: bool) -> None:
    sys.stdout.write(
        json.dumps(outcome.as_json(), indent=2) + "\n" if json_ else failover_as_text(outcome, done)
    )
    if not outcome.is_good:
        raise typer.Exit(WANTING)


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    events: Annotated[int, typer.Option(help="Events, beside those by Celery's name alone.", min=400)] = 5000,
    faults: Annotated[int, typer.Option(help="Faults, moves of the clock among them.", min=3)] = 30,
    seconds: Annotated[float, typer.Option(help="How long the storm lasts at least.", min=5)] = 120.0,
    months: Annotated[int, typer.Option(help="Month ends that the clock goes over.", min=1, max=12)] = 2,
    seed: Annotated[int, typer.Option(help="Of events and faults: the same seed, the same schedule.")] = 1,
    control: Annotated[
        bool, typer.Option("--control", help="Without the sweeper: has to be found wanting.")
    ] = False,
    small: Annotated[bool, typer.Option("--small", help="Two workers in place of four.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep logs and journals.")] = False,
) -> None:
    """One run and its report, unless a command says otherwise."""
    if context.invoked_subcommand is not None:
        return
    result = run(Size(seed, events, faults, seconds, months, control, small), keep=keep)
    sys.stdout.write(json.dumps(as_json(result), indent=2) + "\n" if json_ else as_text(result))
    if not result.is_good:
        raise typer.Exit(WANTING)


if __name__ == "__main__":
    app()
