"""What a new user types first, as the README has it, settles a bill."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from tests.interfaces.cli.conftest import Cli

README = (Path(__file__).parents[3] / "README.md").read_text("utf-8")


def test_the_first_top_up_of_the_readme_settles_a_bill(cli: Cli) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    [lines] = [block.splitlines() for block in blocks if "settle trigger fees" in block]
    commands = [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("settle ")]
    up, *between, down = commands
    assert up == ["up", "--detach", "--clock", "2026-10-20T12:00"]
    assert down == ["down"]
    cli("clock", "set", up[-1])
    out = ""
    for command in between:
        out = cli(*command).out
    assert out.endswith("paid 30.00 USD of acct-7:2026-10\n")
    assert "`paid 30.00 USD of acct-7:2026-10`" in README
