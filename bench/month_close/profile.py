"""Where the CPU time of a month close goes: in this process alone, without a worker, by what is done and by whom."""

from __future__ import annotations

import time

from bench.month_close.data import CYCLE, ISSUED_AT, Mix
from bench.place.place import Place
from bench.place.stages import Parts, stages
from bench.place.usage import cpu_seconds, spared_by_the_collector
from config.settings import load_settings
from settlement.model.cycle import Cycle
from settlement.operations import settle
from settlement.operations.schedule import month_close
from settlement.operations.schedule.month_close import MonthCloseLimits, start_month_close
from settlement.operations.schedule.runs import work_run
from settlement.proof import changes as proof
from worker.policies.policy import policy_of

# What settles a set, by the module that calls it: the one shape by which money moves.
_STAGES: Parts = {
    "load": ((settle, "load"),),
    "plan": ((month_close, "plan_month_close"),),
    "check": ((proof, "check"),),
    "apply": ((settle, "apply"),),
}


def measure(place: Place, accounts: int, *, repeats: int, seed: int) -> dict[str, float]:
    """CPU time per bill, µs: of each stage, of everything else in Python, and of the database where its sessions are
    processes of this machine. The least of the repeats for each.
    """
    return place.profiled(
        "profile", accounts, "accounts", lambda database: _profile(place, database), repeats=repeats, seed=seed,
        mix=Mix(),
    )  # fmt: skip


def _profile(place: Place, database: str) -> dict[str, float]:
    limits = MonthCloseLimits(range_size=load_settings().limits.range_size)
    policy = policy_of(load_settings())
    with place.store(database) as store, spared_by_the_collector():
        run_id, _ = start_month_close(store, Cycle(CYCLE), at=ISSUED_AT, policy=policy, limits=limits)
        sessions = place.server.backends(database)
        python_s, database_s = time.process_time(), cpu_seconds(sessions)
        with stages(_STAGES) as used:
            work_run(store, run_id, policy=policy, limits=limits)
        python_s, database_s = time.process_time() - python_s, cpu_seconds(sessions) - database_s
        with store.transaction() as tx:
            bills = tx.exec_driver_sql(
                "SELECT count(*) FROM bill WHERE issued_at = %s", (ISSUED_AT,)
            ).scalar_one()
    seconds = {**used, "all else": python_s - sum(used.values()), "Python": python_s}
    if sessions:
        seconds["PostgreSQL"] = database_s
    return {name: used / bills * 1e6 for name, used in seconds.items()}
