"""`settle env` and `settle shell-completion`: what a shell needs to work with `settle` and what that uses."""

from __future__ import annotations

import shlex
from typing import Annotated, Literal

import typer

from interfaces.cli.registry import COMPLETE
from interfaces.cli.render.output import JsonOption, print_json

Shell = Literal["bash", "zsh", "fish"]


def show_environment(as_json: JsonOption = False) -> None:
    """Where database and broker are, as lines that a shell runs. They hold the passwords, also of embedded servers.

    eval "$(settle env)"; redis-cli -u "$SETTLE_BROKER_URL" PING
    """
    from config.settings import load_settings
    from worker.servers import broker_url, database_url, migration_url

    settings = load_settings()
    urls = {
        "SETTLE_DATABASE_URL": database_url(settings),
        "SETTLE_MIGRATION_URL": migration_url(settings),
        "SETTLE_BROKER_URL": broker_url(settings),
    }
    if as_json:
        print_json(urls)
        return
    for name, url in urls.items():
        print(f"export {name}={shlex.quote(url)}")


def shell_completion(
    shell: Annotated[Shell, typer.Argument(metavar="bash|zsh|fish", help="Whose notation to print.")],
) -> None:
    """Prints what makes a shell complete commands and options.

    eval "$(settle shell-completion bash)"
    """
    from typer._completion_shared import get_completion_script

    print(get_completion_script(prog_name="settle", complete_var=COMPLETE, shell=shell))
