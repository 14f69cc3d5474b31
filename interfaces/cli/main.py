"""`settle`: the commands put together, and the one place where an error ends a command."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from interfaces.cli.failures import EXIT_CODES, ExitCode, Failure, failure_of
from interfaces.cli.registry import COMPLETE, LazyGroup
from interfaces.cli.render.output import remark
from interfaces.cli.session import Invocation
from interfaces.fields.values import json_text
from settlement import __version__
from settlement.faults import words

HELP = f"""Bills issued and money moved, every month, exactly once.

{EXIT_CODES}"""


def main() -> None:
    """The entry point of the `settle` command."""
    # Python's own are (700, 10, 10), at which a command spends a tenth of its start on what it has just imported.
    gc.set_threshold(100_000, 20, 100)
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Runs one command and returns its exit code. Whatever goes wrong has been reported on standard error."""
    invocation, as_json = Invocation(), "--json" in arguments
    if COMPLETE in os.environ:
        from typer._completion_classes import completion_init

        completion_init()
    try:
        ended = _command().main(list(arguments), prog_name="settle", standalone_mode=False, obj=invocation)
        sys.stdout.flush()
    except TyperException as error:
        return _usage(error, as_json=as_json)
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted()
    except (BrokenPipeError, SystemExit):
        # Whoever read has read enough, which Typer answers by leaving.
        return _reader_left()
    except Exception as error:  # noqa: BLE001 - this is where every error becomes a message and a code
        if invocation.debug:
            traceback.print_exception(error)
        return _report(failure_of(error), as_json=as_json)
    if ended == ExitCode.INTERRUPTED:
        return _interrupted()
    return ended if isinstance(ended, int) else ExitCode.OK


@cache
def _command() -> Any:
    return typer.main.get_command(build())


def build() -> typer.Typer:
    """`settle` with its commands as the registry lists them."""
    app = typer.Typer(
        name="settle", cls=LazyGroup, help=HELP, no_args_is_help=True, pretty_exceptions_enable=False,
        rich_markup_mode=None, add_completion=False,
    )  # fmt: skip
    app.callback()(_before)
    return app


def _show_version(wanted: bool) -> None:
    if not wanted:
        return
    print(f"settle {__version__}")
    raise typer.Exit


def _before(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error comes from.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options that stand before the command."""
    if isinstance(context.obj, Invocation):
        context.obj.debug = debug


def _usage(error: TyperException, *, as_json: bool) -> int:
    pydantic = sys.modules.get("pydantic")
    if pydantic is not None and isinstance(error.__cause__, pydantic.ValidationError):
        # Typer asks pydantic whether a value fits, and repeats what that says.
        error.message = words(error.__cause__.errors(include_url=False)[0])
    message = error.format_message()
    context = getattr(error, "ctx", None)
    if context is not None and message == context.get_help():
        # Called without a command, a group shows its help.
        remark(message)
        return ExitCode.USAGE
    if as_json:
        how = "" if context is None else f"`{context.command_path} --help` shows how"
        return _report(Failure(ExitCode.USAGE, message, how), as_json=True)
    remark(f"error: {message}")
    if context is not None:
        remark(f"`{context.command_path} --help` shows how")
    return ExitCode.USAGE


def _reader_left() -> int:
    """Nothing more may be written to that pipe, not even while the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return ExitCode.OK


def _interrupted() -> int:
    remark("\ninterrupted")
    return ExitCode.INTERRUPTED


def _report(failure: Failure, *, as_json: bool) -> int:
    """On standard error; for programs as one object on the last line, whatever was printed before it."""
    if as_json:
        error = {
            "code": failure.name or failure.code.name.lower(), "message": failure.message,
            "next": failure.remedy or None, "exit_code": int(failure.code),
        }  # fmt: skip
        remark(json_text({"error": error}, on_one_line=True))
        return failure.code
    name = f" ({failure.name})" if failure.code == ExitCode.REFUSED and failure.name else ""
    remark(f"error: {failure.message}{name}")
    if failure.remedy:
        remark(f"next: {failure.remedy}")
    return failure.code
