"""Signs of life, and an orderly end."""

from __future__ import annotations

from pathlib import Path

from settlement import __version__
from tests.support.running import processes
from tests.support.running.processes import Deployment, wait_for


def test_signs_of_life_come_with_the_processes_and_go_with_them(made: Deployment) -> None:
    health = made.state_dir / "health"
    assert made.run("-m", "worker.health", "worker").returncode == 1

    worker = made.worker("events", "events", "upkeep", "collection")
    made.app = "next_app"
    made.extra["PYTHONPATH"] = str(Path(processes.__file__).parent)
    pool = made.worker("month-close", "month-close", pool="prefork", size=2)
    made.app = "worker.app"
    beat = made.beat("beat")
    wait_for(
        lambda: (
            {path.name.partition("@")[0] for path in health.iterdir()} == {"events", "month-close", "beat"}
        ),
        worker,
        pool,
        beat,
    )
    on_record = "SELECT name, kind, queues, version FROM process ORDER BY name"
    wait_for(lambda: len(made.rows(on_record)) == 3, worker, pool, beat)
    assert made.rows(on_record) == [
        ("beat", "beat", [], __version__), ("events", "worker", ["collection", "events", "upkeep"], __version__),
        ("month-close", "worker", ["month-close"], "99.0.0"),
    ]  # fmt: skip
    status = made.run("-c", "from interfaces.cli.main import main; main()", "status")
    assert f"versions differ: {__version__}, 99.0.0" in status.stdout
    for name in ("worker", "beat", "events"):
        probe = made.run("-m", "worker.health", name)
        assert probe.returncode == 0, probe.stdout

    assert [process.terminate() for process in (worker, pool, beat)] == [0, 0, 0]
    assert list(health.iterdir()) == []
    assert made.rows(on_record) == []
    # Counted by threads, written down at the end at the latest.
    [(counts, seconds)] = made.rows("SELECT counts, seconds FROM duration WHERE label = 'tasks.events.drain'")
    assert sum(counts) > 0
    assert seconds > 0
    for name in ("worker", "beat"):
        assert made.run("-m", "worker.health", name).returncode == 1
    # The reader took itself off the list.
    assert made.redis.xinfo_consumers(made.stream, "settle") == []


def test_a_nudge_without_a_broker_says_no_and_raises_nothing(made: Deployment) -> None:
    made.extra["SETTLE_BROKER_URL"] = "redis://127.0.0.1:1/0"
    told = made.run("-c", "from worker.nudges import nudge; print(nudge('tasks.events.drain'))")
    assert told.stdout.splitlines()[-1] == "False", told.stderr


def test_a_worker_without_sensible_settings_says_which_one_is_wrong(made: Deployment) -> None:
    made.extra["SETTLE_LIMITS__RANGE_SIZE"] = "many"
    told = made.run("-m", "celery", "-A", "worker.app", "worker", "-Q", "events")
    assert told.returncode != 0
    assert "SETTLE_LIMITS__RANGE_SIZE" in told.stderr + told.stdout
