from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from config.settings import Settings
from interfaces.cli.failures import CommandFailed
from interfaces.cli.render.progress import Meter
from sandbox.demo.collection import CUSTOMERS
from sandbox.demo.gateway import NAME as GATEWAY
from sandbox.demo.head_office import BRANCHES
from sandbox.demo.left_open import LEFT_OPEN
from sandbox.demo.stage import Stage
from sandbox.demo.steps import Step, run_steps
from sandbox.local.postgres import EmbeddedPostgres
from settlement.errors import Refused
from worker.pid_file import load
from worker.processes import process_status

SETTLE = Path(sys.executable).parent / "settle"
SMALL = ("demo", "--accounts", "60", "--rows", "1500")
STEPS = [
    "servers", "accounts", "funds", "collecting", "fees", "month close", "money comes", "head office",
    "credit control", "audit",
]  # fmt: skip
# Those of `--accounts`, those who pay by card or PayPal, the one with a contract, the branches, and what is left open.
BILLS = 60 + len(CUSTOMERS) + 1 + len(BRANCHES) + len(LEFT_OPEN)


def environment(state_dir: Path, **more: str) -> dict[str, str]:
    """Without any setting of the machine that runs the tests."""
    plain = {name: value for name, value in os.environ.items() if not name.upper().startswith("SETTLE_")}
    return plain | {"SETTLE_STATE_DIR": str(state_dir)} | more


def run(*arguments: str, env: dict[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(SETTLE), *arguments], env=env, cwd=cwd, capture_output=True, text=True, check=False
    )


@dataclass(frozen=True)
class Played:
    """A demonstration that came to its end."""

    state_dir: Path
    ended: subprocess.CompletedProcess[str]

    @property
    def stage(self) -> Stage:
        return Stage(Settings(state_dir=self.state_dir / "demo"), given_database=False, given_broker=False)

    def table(self, heading: str) -> list[list[str]]:
        """The rows below the names of columns, cells cut where at least two blanks stand."""
        block = self.ended.stdout.partition(f"\n{heading}")[2].partition("\n\n")[0]
        return [re.split(r"\s{2,}", line.strip()) for line in block.splitlines()[2:]]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    state_dir = tmp_path_factory.mktemp("state")
    demo = Played(state_dir, run(*SMALL, env=environment(state_dir), cwd=state_dir))
    try:
        yield demo
    finally:
        demo.stage.stop()
        EmbeddedPostgres(state_dir / "demo").destroy()


def test_it_ends_well_and_says_so_step_by_step(played):
    assert played.ended.returncode == 0, played.ended.stderr
    told = re.findall(r"^(\d+)/10  (.+?)\s+\d+\.\d s  ", played.ended.stdout, re.MULTILINE)
    assert told == [(str(number), name) for number, name in enumerate(STEPS, start=1)]
    assert "none booked" in played.ended.stdout
    assert "nothing is due yet" in played.ended.stdout
    assert "wrong_currency" in played.ended.stdout
    assert re.search(r"Audit: all \d+ checks hold", played.ended.stdout)


def test_its_figures_agree(played):
    bills, sources = played.table("Bills of 2026-10"), played.table("Paid from")
    assert len(bills) == len(sources) > 3
    for (currency, count, settled, unsettled, issued, paid, outstanding), (same, *parts) in zip(
        bills, sources, strict=True
    ):
        assert currency == same
        assert int(count) == int(settled) + int(unsettled)
        assert Decimal(issued) == Decimal(paid) + Decimal(outstanding)
        assert Decimal(paid) == sum(map(Decimal, parts))
    for place in range(1, 7):
        assert sum(Decimal(row[place]) for row in sources) > 0
    assert sum(int(row[1]) for row in bills) == BILLS
    reasons = {row[0]: int(row[1]) for row in played.table("Unsettled, and why")}
    assert sum(reasons.values()) == sum(int(row[3]) for row in bills)
    assert {"no funds", "no available credit", "switch off", "on hold"} <= reasons.keys()


def test_it_collects_through_a_lost_answer_and_a_decline(played):
    told = [line.partition("+08:00: ")[2] for line in played.ended.stdout.splitlines()]
    shops = [line for line in told if line.startswith("shop-")]
    assert [line.partition(":")[0].split()[0] for line in shops] == [
        "shop-threshold", "shop-declined", "shop-lost-answer", "shop-lost-answer", "shop-paypal", "shop-declined",
        "shop-month-end",
    ]  # fmt: skip
    assert "5 charges, 4911.75 USD, the same as ours" in played.ended.stdout
    assert next(row for row in played.table("Paid from") if row[0] == "USD")[-1] == "4911.75"


def test_a_settlement_that_waits_completes_when_money_arrives(played):
    told = played.ended.stdout.partition("head office  ")[2].partition("credit control  ")[0]
    assert (
        "head-office settles the bills of its 2 branches, 130.00 USD in one order: 60.00 USD at once" in told
    )
    assert re.search(
        r"it waits for 70\.00 USD; they arrive, and \d+\.\d s later it has completed by itself", told
    )
    assert next(row for row in played.table("Paid from") if row[0] == "USD")[-2] == "130.00"


def test_a_bill_is_reminded_of_overdue_and_paid_and_the_statement_adds_up(played):
    told = played.ended.stdout.partition("credit control")[2].partition("10/10")[0]
    assert "20.00 USD came off by coupon when its bill was issued, 300.00 USD due on 2026-11-07" in told
    assert "2026-11-06T00:00:00+08:00: reminded of" in told
    assert "2026-11-08T00:00:00+08:00: nobody paid" in told
    assert "settled, and overdue no longer" in told
    assert (
        "owed 0.00 USD, issued 320.00 USD, paid by coupons -20.00 USD, paid by cash -300.00 USD, owed 0.00 USD"
        in told
    )
    page = (played.state_dir / "demo" / "statement-2026-11.html").read_text("utf-8")
    assert "Statement of contract-customer for 2026-11" in page


def test_nothing_is_left_running(played):
    assert {status.state for status in process_status(played.stage.settings.state_dir)} == {"stopped"}
    assert not EmbeddedPostgres(played.stage.folder).is_running()
    assert load(played.stage.folder / "run" / f"{GATEWAY}.json") is None


def test_what_it_says_to_try_next_works_as_printed(played):
    lines = played.ended.stdout.partition("What to try next")[2].strip().splitlines()
    assert len(lines) > 5
    said = {}
    for line in lines:
        # A shell of somebody who stands in the same folder, with none of our settings.
        env = environment(played.state_dir) | {"SETTLE_STATE_DIR": ""}
        ended = subprocess.run(
            line, shell=True, env=env, cwd=played.state_dir, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, f"{line}\n{ended.stdout}{ended.stderr}"
        said[line.partition("settle ")[2].split()[0]] = ended.stdout
    assert (lines[0].split()[-2:], lines[-1].split()[-1]) == (["up", "--detach"], "down")
    assert ":2026-10" in said["bills"]
    assert "1 done" in said["emit"]


def test_a_second_run_begins_anew_and_a_step_that_fails_is_named(played):
    demo = subprocess.Popen(
        [str(SETTLE), *SMALL],
        env=environment(played.state_dir),
        cwd=played.state_dir,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert demo.stdout is not None
    assert demo.stdout.readline().startswith("1/10")
    events = load(played.stage.folder / "run" / "events.json")
    assert events is not None
    events.signal(signal.SIGKILL, group=True)
    _, complaint = demo.communicate(timeout=60)
    assert demo.returncode == 6
    assert re.search(r"step \d of 10, (accounts|funds|money comes), failed: events has died", complaint)
    assert "the last lines of events's log" in complaint
    test_nothing_is_left_running(played)


def test_a_step_has_a_time_limit(tmp_path, capsys):
    def play(_meter: Meter) -> list[str]:
        while True:
            with suppress(Exception):
                signal.pause()

    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "beat.log").write_text("the last thing that beat said\n")
    steps = [Step("easy", "", (), lambda _: ["done"]), Step("endless", "", ("beat",), play)]
    stage = Stage(Settings(state_dir=tmp_path), given_database=False, given_broker=False)
    with pytest.raises(
        CommandFailed, match=r"step 2 of 2, endless, failed: not done within 0\.2 s"
    ) as failed:
        run_steps(steps, stage, limit_s=0.2)
    assert failed.value.code == 1
    assert "the last thing that beat said" in capsys.readouterr().err


def test_a_database_that_somebody_works_with_is_refused_and_left_alone(tmp_path, database_url, owner_url):
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "INSERT INTO inbox (source, event_id, type, account) VALUES ('crm', '1', 'top_up', 'a-1')"
        )
    ended = run(
        *SMALL,
        env=environment(
            tmp_path,
            SETTLE_DATABASE_URL=database_url,
            SETTLE_MIGRATION_URL=owner_url,
            SETTLE_BROKER_URL="redis://127.0.0.1:1/0",
        ),
        cwd=tmp_path,
    )
    assert ended.returncode == 4
    assert "holds events already" in ended.stderr
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*), min(state) FROM inbox").fetchone() == (1, "waiting")


def test_a_folder_that_it_did_not_make_is_left_alone(tmp_path):
    mine = tmp_path / "thesis.txt"
    mine.write_text("mine")
    with pytest.raises(Refused, match="left as it is"):
        Stage(Settings(state_dir=tmp_path), given_database=False, given_broker=False).wipe()
    assert mine.read_text() == "mine"
