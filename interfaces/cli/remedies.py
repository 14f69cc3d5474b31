"""What would take a reason away, as a command to type. Rule: R4.8f."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from interfaces.cli.act import COMMAND_OF
from settlement.model.reasons import RemedyEvent

_EVENT = re.compile(r"event ([a-z_]+)")


def with_commands(sentence: str) -> str:
    """A sentence that names events, with the commands in their place."""
    return _EVENT.sub(lambda match: f"`settle {COMMAND_OF.get(match[1], f'emit {match[1]}')}`", sentence)


def command_line(account: str, event: RemedyEvent) -> str:
    """The command that books the event for the account, as a shell takes it."""
    return shlex.join(["settle", *_words(account, event.type, dict(event.data))])


def _words(account: str, event_type: str, data: dict[str, Any]) -> list[str]:
    match event_type, data:
        case "top_up", {"amount": amount}:
            return ["top-up", account, amount]
        case "account_changed", {"hold": hold}:
            return ["accounts", "hold", account, *_hold(hold)]
        case "account_changed", {"release": hold}:
            return ["accounts", "release", account, *_hold(hold)]
        case "account_changed", _:
            options = [
                word for name, value in data.items() if name != "currency" for word in _option(name, value)
            ]
            return ["accounts", "set", account, *options]
        case _:
            return ["emit", event_type, "--account", account, "--data", json.dumps(data)]


def _hold(hold: Mapping[str, str]) -> list[str]:
    return [hold["reason"], *(["--ref", hold["ref"]] if hold.get("ref") else [])]


def _option(name: str, value: bool | str) -> list[str]:
    option = name.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{option}" if value else f"--no-{option}"]
    return [f"--{option}", value]
