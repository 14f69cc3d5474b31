"""`settle users`: who may use the console, and as what. Rule: R14.1."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated

import typer

from interfaces.cli.render.output import JsonOption, LimitOption, print_page, remark
from interfaces.cli.session import opened, reading
from interfaces.fields.operations.users import USERS
from settlement.model.policies.users import ROLES, Role

app = typer.Typer(help="Users of the console: add, list, link, reset, disable.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="USER", help="The name to sign in with.")]
PasswordOption = Annotated[
    bool, typer.Option("--password", help="Take a password from the terminal, or from standard input.")
]
RoleOption = Annotated[str | None, typer.Option(help=f"One of {', '.join(ROLES)}.")]


@app.command("add")
def add_user(
    name: NameArgument,
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}.")] = "viewer",
    with_password: PasswordOption = False,
    subject: Annotated[
        str | None,
        typer.Option(metavar="SUB", help="What the identity provider calls them, its claim `sub`."),
    ] = None,
) -> None:
    """Makes a user. Without --password or --subject they sign in by a link: `settle users link`."""
    from settlement.operations import users

    chosen, password = _role(role), _password() if with_password else None
    with opened() as runtime:
        issuer = runtime.settings.oidc.issuer
        if subject is not None and not issuer:
            raise typer.BadParameter("--subject needs an identity provider: SETTLE_OIDC__ISSUER")
        users.add_user(runtime.store, name, chosen, password, subject and f"{issuer} {subject}")
    print(f"user {name} is there, as {chosen}")


@app.command("list")
def list_users(
    limit: LimitOption = 50,
    after: Annotated[str | None, typer.Option(metavar="USER", help="Continue after this user.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Users by name."""
    from settlement.queries.people import users

    with reading() as read:
        found = users.users(read.tx, limit=limit + 1, after=after)
    print_page("users", USERS, found, read.zone, limit=limit, as_json=as_json)


@app.command("link")
def link_user(
    name: NameArgument,
    url: Annotated[str, typer.Option(help="Where the console is.")] = "",
) -> None:
    """A link that signs a user in once, within an hour. Whoever has it is that user."""
    from settlement.operations import users

    with opened() as runtime:
        serve = runtime.settings.serve
        token = users.login_link(runtime.store, name)
    print(f"{(url or f'http://{serve.host}:{serve.port}').rstrip('/')}/console/link/{token}")
    remark("it works once, for an hour")


@app.command("reset")
def reset_user(
    name: NameArgument,
    role: RoleOption = None,
    with_password: PasswordOption = False,
) -> None:
    """Another password, or none; another role. Opens who was locked or disabled, and ends every session."""
    from settlement.operations import users

    chosen, password = None if role is None else _role(role), _password() if with_password else None
    with opened() as runtime:
        users.reset_user(runtime.store, name, password, chosen)
    print(f"user {name} is reset" + ("" if password else "; they sign in by a link: `settle users link`"))


@app.command("disable")
def disable_user(name: NameArgument) -> None:
    """Shuts a user out, at once and wherever they are signed in."""
    from settlement.operations import users

    with opened() as runtime:
        users.disable_user(runtime.store, name)
    print(f"user {name} is disabled")


def _role(text: str) -> Role:
    for role in ROLES:
        if role == text:
            return role
    raise typer.BadParameter(f"--role {text} is not known; known are {', '.join(ROLES)}")


def _password() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("password: ")
    return sys.stdin.readline().rstrip("\n")
