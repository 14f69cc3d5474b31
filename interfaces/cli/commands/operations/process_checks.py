"""Is somebody at work on every queue, does beat tick, and do all of them go by the same program and settings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from interfaces.cli.commands.operations.checks import Check, Level
from interfaces.fields.values import duration
from worker import health

if TYPE_CHECKING:
    from settlement.queries.operating.processes import Cluster, ProcessView


def of_all_hosts(cluster: Cluster) -> Iterator[Check]:
    """By what the processes of all hosts wrote down in the database."""
    from worker.processes import PROCESSES

    for spec in PROCESSES:
        if spec.queue is None:
            alive, silent = cluster.of_kind("beat"), [one for one in cluster.silent if one.kind == "beat"]
        else:
            alive, silent = (
                cluster.serving(spec.queue),
                [one for one in cluster.silent if spec.queue in one.queues],
            )
        yield _process(spec.name, alive, silent, "celery " + " ".join(spec.command_line("STATE_DIR")))
    yield _alike("versions", "version", cluster.alive, {one.id: one.version for one in cluster.alive},
                 "finish the upgrade: start those of the older version again")  # fmt: skip
    yield _alike("settings of processes", "settings", cluster.alive,
                 {one.id: one.settings for one in cluster.alive if one.settings},
                 "give all of them the same environment, SETTLE_TEST_CLOCK included, and the same libraries; "
                 "`settle settings show` has what holds")  # fmt: skip


def _process(name: str, alive: list[ProcessView], silent: list[ProcessView], command: str) -> Check:
    places = ", ".join(f"{one.host} ({one.pid})" for one in alive or silent)
    if alive:
        finding = f"alive on {places}"
        if silent:
            gone = ", ".join(f"{one.host} ({one.pid})" for one in silent)
            remedy = "it hangs or was killed: see its log; a record of it is kept for an hour"
            return Check(name, Level.WARN, f"{finding}; silent: {gone}", remedy)
        return Check(name, Level.OK, finding)
    if silent:
        age = duration(min(one.silent_s for one in silent))
        return Check(
            name, Level.FAIL, f"silent for {age} on {places}", f"see its log, and start it again: {command}"
        )
    return Check(
        name, Level.WARN, "nobody is at work on it on any host", f"`settle up` on a laptop, else {command}"
    )


def _alike(name: str, what: str, alive: list[ProcessView], values: dict[str, str], remedy: str) -> Check:
    found = sorted(set(values.values()))
    if len(found) <= 1:
        return Check(name, Level.OK, f"all go by {what} {found[0]}" if found else "nobody is at work")
    places = "; ".join(
        f"{value}: " + ", ".join(f"{one.name} on {one.host}" for one in alive if values.get(one.id) == value)
        for value in found
    )
    return Check(name, Level.FAIL if what == "settings" else Level.WARN, places, remedy)


def of_this_folder(state_dir: Path) -> Iterator[Check]:
    """Does what `settle up --detach` left here lack whoever starts again what dies; nothing where it does not."""
    from worker.processes import UNSUPERVISED, unsupervised

    why = unsupervised(state_dir)
    if why is not None:
        finding, remedy = UNSUPERVISED
        yield Check("supervisor", Level.FAIL, f"{finding}: {why}", remedy)


def of_this_host() -> Iterator[Check]:
    """By the files of this host's processes, while the database cannot be asked."""
    from worker.processes import PROCESSES

    for spec in PROCESSES:
        signs = health.signs(spec.name)
        if not signs:
            yield Check(
                spec.name, Level.WARN, f"no sign of life in {health.folder()}",
                "`settle up` starts it here; if it runs elsewhere, ask there: python -m worker.health",
            )  # fmt: skip
            continue
        age_s = min(sign.age_s for sign in signs)
        if age_s > health.MAX_AGE_S:
            remedy = "see its log and start it again: `settle down`, `settle up --detach`"
            yield Check(spec.name, Level.FAIL, f"last alive {duration(age_s)} ago", remedy)
        else:
            yield Check(spec.name, Level.OK, f"alive {duration(age_s)} ago")
