"""A planted secret appears in nothing that is said, shown or logged, whatever is up or down."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.interfaces.cli.conftest import Cli

PLANTED = "pLanted-5ecret"
NOWHERE = f"postgresql://someone:{PLANTED}@127.0.0.1:1/nowhere?sslpassword={PLANTED}"
NO_BROKER = f"rediss://someone:{PLANTED}@127.0.0.1:1/0?ssl_password={PLANTED}"
KEYS = {
    "SETTLE_GATEWAYS__STRIPE_KEY": f"sk_test_{PLANTED}",
    "SETTLE_GATEWAYS__STRIPE_WEBHOOK_SECRETS": f'["whsec_{PLANTED}"]',
    "SETTLE_GATEWAYS__PAYPAL_CLIENT_ID": "someone",
    "SETTLE_GATEWAYS__PAYPAL_SECRET": PLANTED,
    "SETTLE_GATEWAYS__PAYPAL_WEBHOOK_ID": "1",
    "SETTLE_COLLECTION__GATEWAYS": '["stripe", "paypal"]',
}


@pytest.mark.usefixtures("unchanged")
def test_what_is_shown_of_a_deployment_that_works_holds_no_secret(
    cli: Cli, environment: Callable[[str, str], None]
) -> None:
    # Any password is good for a server that asks for none, over the same socket.
    environment(
        "SETTLE_DATABASE_URL", cli.database_url.replace("settle_worker@", f"settle_worker:{PLANTED}@")
    )
    environment("SETTLE_BROKER_URL", NO_BROKER)
    for name, value in KEYS.items():
        environment(name, value)
    for arguments in (("status",), ("doctor",), ("status", "--json"), ("doctor", "--json")):
        answer = cli(*arguments, code=6)
        assert "settle_worker:***@" in answer.out
        assert PLANTED not in answer.out + answer.err


@pytest.mark.parametrize("debug", [[], ["--debug"]], ids=["plain", "debug"])
@pytest.mark.parametrize(
    "arguments",
    [["status"], ["doctor"], ["accounts", "list"], ["db", "migrate"], ["audit"], ["tick"]],
    ids=" ".join,
)
def test_what_is_said_of_servers_that_are_down_holds_no_secret(
    environment: Callable[[str, str], None],
    capsys: pytest.CaptureFixture[str],
    debug: list[str],
    arguments: list[str],
) -> None:
    from interfaces.cli.main import run

    for name in ("SETTLE_DATABASE_URL", "SETTLE_MIGRATION_URL"):
        environment(name, NOWHERE)
    environment("SETTLE_BROKER_URL", NO_BROKER)
    for name, value in KEYS.items():
        environment(name, value)
    assert run([*debug, *arguments]) == 6
    said = capsys.readouterr()
    assert "127.0.0.1" in said.out + said.err
    assert PLANTED not in said.out + said.err


@pytest.mark.parametrize(
    "variable",
    ["SETTLE_DATABASE_URL", "SETTLE_BROKER_URL", "SETTLE_GATEWAYS__STRIPE_WEBHOOK_SECRETS"],
)
def test_a_secret_in_the_wrong_shape_is_not_repeated(
    environment: Callable[[str, str], None], capsys: pytest.CaptureFixture[str], variable: str
) -> None:
    from interfaces.cli.main import run

    environment(variable, f'[{PLANTED}, "x":')
    assert run(["status"]) == 2
    said = capsys.readouterr()
    assert variable in said.err
    assert PLANTED not in said.out + said.err


def test_a_worker_that_finds_nobody_logs_no_secret(tmp_path: Path) -> None:
    """Its banner, its attempts to connect and its end, at the most talkative level."""
    environment = {
        "PATH": os.environ["PATH"],
        "SETTLE_STATE_DIR": str(tmp_path),
        "SETTLE_DATABASE_URL": NOWHERE,
        "SETTLE_BROKER_URL": NO_BROKER,
        "SETTLE_LOG_LEVEL": "DEBUG",
        **KEYS,
    }
    command = [
        sys.executable, "-m", "celery", "-A", "worker.app", "worker", "-Q", "upkeep", "--pool", "threads", "-c", "1",
    ]  # fmt: skip
    with subprocess.Popen(
        command,
        env=environment,
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as worker:
        assert worker.stdout is not None
        said = ""
        for line in worker.stdout:
            said += line
            if "Trying again" in line:
                worker.kill()
                break
    assert "127.0.0.1:1" in said
    assert PLANTED not in said
