"""`coi relay`: follows the feed and posts each fact to a local address, for engines that cannot speak gRPC."""

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from coi.ledger.v1.values_pb2 import Identifier
    from coi_client import Client, Wanted
    from services.cli.relaying import Patience, Place, Progress, Relay, StateFile

EXAMPLES: Final = (
    "\b\nExamples:\n"
    "  coi relay --post http://127.0.0.1:8080/coi --state relay.json\n"
    "  coi relay --target ledger.example:50051 --organisation RXK \\\n"
    "    --post http://127.0.0.1:8080/coi --state rxk.json\n"
)


@click.command(name="relay", short_help="Post each new fact to a local address.", epilog=EXAMPLES)
@click.option("--target", metavar="HOST:PORT", help="Follow this server. Without it: the local one.")
@click.option("--post", "url", metavar="URL", required=True, help="Post here; a loopback address.")
@click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    required=True,
    help="Keep the position of the last fact taken in FILE, made if missing.",
)
@click.option(
    "--organisation", metavar="ODS", help="The feed of this organisation: its ODS code, or SCHEME:VALUE. Without: all."
)
@click.option("--until-head", is_flag=True, help="Stop when everything recorded so far was taken.")
@click.option("--anywhere", is_flag=True, help="Allow an address on another machine.")
def command(
    *, target: str | None, url: str, state: Path, organisation: str | None, until_head: bool, anywhere: bool
) -> None:
    """Follow the ledger's feed and post each fact as JSON to a local address.

    Every fact arrives at least once and in order, with its position in the header Coi-Position and in the body; the
    next one follows only after an answer 2xx. What is not taken is posted again, for ever, with growing pauses. Take a
    position that you have seen before as the same fact.

    Two kinds of body come, named in the header Coi-Event: a fact, with its stored record; and party_gained, before the
    fact of the same position, when the organisation becomes party to a chain with earlier facts: `coi replay` has them.

    Exit codes: 0 stopped as told, 2 cannot run.
    """
    from services import settings

    settings.quieten_grpc()
    from coi_client import Client, Wanted
    from services.cli import screen
    from services.cli.failing import configured
    from services.cli.posting import Post
    from services.cli.relaying import Patience, Progress, Relay, StateFile

    where = target or configured().target
    receiver, file = Post(url, anywhere=anywhere), StateFile(state)
    wanted = Wanted(organisation=_named(organisation) if organisation else None)
    console = screen.err()
    progress = Progress(lambda words: screen.plain(console, words))
    with Client(where) as client:
        place = _place(file, client, where, organisation or "")
        relay = Relay(receiver, file, place, progress, Patience())
        screen.plain(console, f"relaying {where} to {url}, after position {place.position}", "bold")
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            passed_on(client, wanted, relay, progress, until_head=until_head)
        except KeyboardInterrupt:
            screen.plain(console, "stopped as told", "dim")
        finally:
            receiver.close()
            screen.plain(console, f"kept position {relay.place.position} in {state}")


def passed_on(  # noqa: PLR0913 - the parts of one relay
    client: "Client",
    wanted: "Wanted",
    relay: "Relay",
    progress: "Progress",
    *,
    until_head: bool,
    patience: "Patience | None" = None,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Passes everything on, to the head or without end; comes back to a ledger that cannot be reached.

    Raises:
        Failure: The ledger does not understand what is asked.
    """
    from coi_client import ClientError, LedgerBusy, LedgerUnavailable
    from services.cli.failing import Failure
    from services.cli.relaying import Patience

    pauses = (patience or Patience()).pauses()
    while True:
        try:
            for heard in client.follow(relay.place.position, wanted, until_head=until_head):
                relay.pass_on(heard)
                pauses = (patience or Patience()).pauses()
        except (LedgerUnavailable, LedgerBusy) as error:
            seconds = next(pauses)
            progress.trouble(f"the ledger does not answer: {error}", seconds)
            sleep(seconds)
        except ClientError as error:
            raise Failure(f"the ledger cannot be followed: {error}") from error
        else:
            return


def _place(file: "StateFile", client: "Client", where: str, organisation: str) -> "Place":
    """The place to go on from, which the ledger that answers must have."""
    from coi_client import ClientError
    from services.cli.failing import Failure

    try:
        told = client.get_ledger()
    except ClientError as error:
        raise Failure(f"no server answers at {where}: start one with `coi serve`, or give --target") from error
    place = file.read(told.origin, organisation)
    if place.position > told.size:
        raise Failure(
            f"position {place.position} was taken from {told.origin}, which now ends at {told.size}: "
            "it lost facts, or is a copy that lags behind; ask its operator before you go on with another --state"
        )
    return place


def _named(text: str) -> "Identifier":
    from coi.ledger.v1.values_pb2 import Identifier

    scheme, colon, value = text.partition(":")
    return Identifier(scheme=scheme, value=value) if colon else Identifier(scheme="ods", value=text)
