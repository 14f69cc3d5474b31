"""An operation as methods; for those who wait and for asyncio the same."""

from __future__ import annotations

from collections.abc import Iterator

from client.generator.arguments import body_arguments, listed, parameter, path_arguments
from client.generator.flavours import Flavour
from client.generator.models import ARGUMENT, RECEIVED, Models, camel, docstring
from client.generator.operations import CSV, SEND, Operation
from client.generator.requests import call_of

# As many as a page has at most, for whoever wants all.
_MANY = 1_000


def methods_of(one: Operation, models: Models, flavour: Flavour) -> Iterator[str]:
    """The methods of an operation: of a listing several, else one."""
    if one.id == SEND:
        yield from _events(models, flavour)
    elif one.is_command:
        yield _command(one, models, flavour)
    elif one.is_started:
        yield _started(one, models, flavour)
    elif one.is_listing:
        yield from _listing(one, models, flavour)
    else:
        yield _single(one, models, flavour)


def _command(one: Operation, models: Models, flavour: Flavour) -> str:
    options = ["idempotency_key: str | None = None", "if_match: str | None = None", "wait: int | None = None"]
    about = f"{models.component(one.body or {}).get('description', '')}\n\n{one.declared['summary']} {_KEYS}"
    call = f"command({call_of(one, models)}, dry_run, idempotency_key, if_match, wait)"
    done, preview = models.named("Outcome", RECEIVED), models.named("Preview", RECEIVED)
    return _done_or_previewed(
        one, flavour, [*path_arguments(one), "*", *body_arguments(one, models)], options,
        f"{docstring(about, 8)}        sent = {call}", done, preview,
    )  # fmt: skip


def _started(one: Operation, models: Models, flavour: Flavour) -> str:
    """Work that may be previewed: of what success is, the first is what was done."""
    own = body_arguments(one, models)
    done, preview = (models.type_of(kind, RECEIVED, "") for kind in one.response["anyOf"])
    about = f"{one.declared['summary']} `dry_run`: only what it would come to, and nothing is kept."
    call = call_of(one, models).replace("dry_run", "dry_run or None")
    return _done_or_previewed(
        one, flavour, ["*", *own], [], f"{docstring(about, 8)}        sent = {call}", done, preview
    )


def _done_or_previewed(
    one: Operation,
    flavour: Flavour,
    arguments: list[str],
    options: list[str],
    sent: str,
    done: str,
    preview: str,
) -> str:
    """A method whose result is a preview where it was asked for one, and its type says so."""

    def signature(dry_run: str, returned: str) -> str:
        given = listed(["self", *arguments, dry_run, *options])
        return f"    {flavour.def_} {one.method}({given}) -> {returned}:"

    return "\n".join([
        "    @overload", signature("dry_run: Literal[False] = False", f"models.{done}") + " ...",
        "    @overload", signature("dry_run: Literal[True]", f"models.{preview}") + " ...",
        signature("dry_run: bool = False", f"models.{done} | models.{preview}"), sent,
        f"        if dry_run:\n            return {flavour.await_}self._wire.one(models.{preview}, sent)",
        f"        return {flavour.await_}self._wire.one(models.{done}, sent)\n",
    ])  # fmt: skip


_KEYS = (
    "Under one `idempotency_key` it is done once; one is drawn where none is given. `dry_run`: only what it would pay "
    "and charge, and nothing is kept. `if_match`: the `etag` under which what it edits was read. `wait`: up to so many "
    "seconds, 30 at most, for its outcome."
)


def _listing(one: Operation, models: Models, flavour: Flavour) -> Iterator[str]:
    (rows,) = (name for name, of in one.response["properties"].items() if of["type"] == "array")
    row = models.type_of(one.response["properties"][rows]["items"], RECEIVED, camel(rows))
    names = path_arguments(one)
    filters = [parameter(models, declared) for declared in one.query]
    many = [f"limit: int = {_MANY}" if text.startswith("limit:") else text for text in filters]
    suffix = one.method.removeprefix("list")
    about = one.declared["summary"]
    call = call_of(one, models)
    own = f'models.{row}, "{rows}"'

    def method(
        name: str, arguments: list[str], returned: str, text: str, body: str, define: str = "def"
    ) -> str:
        head = f"    {define} {name}({listed(['self', *names, '*', *arguments])}) -> {returned}:\n"
        return f"{head}{docstring(text, 8)}        return {body}\n"

    yield method(
        one.method, filters, f"Page[models.{row}]", f"{about} One page.",
        f"{flavour.await_}self._wire.page({own}, {call})", flavour.def_,
    )  # fmt: skip
    if any(declared["name"] == "after" for declared in one.query):
        text = f"{about} All of them, page by page as they are taken."
        yield method(
            f"each{suffix}",
            many,
            f"{flavour.iterator}[models.{row}]",
            text,
            f"self._wire.each({own}, {call})",
        )
    if rows == "announcements":
        text = f"{about} All of them, and those to come: without an end, looked for every so many seconds."
        yield method(
            f"follow{suffix}", [*many, "every_s: float = 2.0"], f"{flavour.iterator}[models.{row}]", text,
            f"self._wire.follow({own}, {call}, every_s)",
        )  # fmt: skip
    if CSV in one.declared["responses"]["200"]["content"]:
        whole = [text for text in filters if not text.startswith("limit:")]
        yield method(
            f"csv{suffix}", whole, f"{flavour.iterator}[bytes]", f"{about} All of them as CSV, in pieces.",
            f"self._wire.csv({call_of(one, models, without_limit=True)})",
        )  # fmt: skip


def _single(one: Operation, models: Models, flavour: Flavour) -> str:
    own = body_arguments(one, models)
    arguments = ["self", *path_arguments(one), *(["*", *own] if own else [])]
    call = call_of(one, models)
    returned, wire = "dict[str, object]", f"document({call})"
    if "$ref" in one.response:
        returned = f"models.{models.type_of(one.response, RECEIVED, '')}"
        wire = f"one({returned}, {call})"
    head = f"    {flavour.def_} {one.method}({listed(arguments)}) -> {returned}:\n"
    return f"{head}{docstring(one.declared['summary'], 8)}        return {flavour.await_}self._wire.{wire}\n"


def _events(models: Models, flavour: Flavour) -> Iterator[str]:
    """The one operation that has two kinds of bodies: its name says which, and so do the types."""
    event = f"models.{models.named('Event', ARGUMENT)} | Mapping[str, Any]"
    for name, argument, body, returned, about in (
        ("send", f"event: {event}", "event", "Outcome",
         "One event, which is known by its `event_id`: sent again it changes nothing."),
        ("send_batch", f"events: Sequence[{event}]", "[*events]", "Results",
         "Up to 1,000 events, with a result for each in their order: one that is refused does not end the others."),
    ):  # fmt: skip
        kind = f"models.{models.named(returned, RECEIVED)}"
        head = f"    {flavour.def_} {name}(self, {argument}, *, wait: int | None = None) -> {kind}:\n"
        call = f"self._wire.one({kind}, operations.{SEND}({body}, wait))"
        text = docstring(f"{about} `wait`: up to so many seconds, 30 at most, for outcomes.", 8)
        yield f"{head}{text}        return {flavour.await_}{call}\n"
