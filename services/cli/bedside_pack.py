"""`coi bedside-pack`: a one-page pack before a journey, issued and recorded by a server."""

import json
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from coi.ledger.v1.administration_pb2 import IssueBedsidePackResponse
    from coi_client import Client

EXAMPLES: Final = (
    "\b\nExamples:\n"
    "  coi bedside-pack CHA999926000017 A9996A0002A999926123456A00000 \\\n"
    "    --by staff.RXK:0101 --site ods:RXKP1 --organisation ods:RXK\n"
)


@click.command(name="bedside-pack", short_help="Issue a one-page pack for the bedside.", epilog=EXAMPLES)
@click.argument("coi", metavar="COI")
@click.argument("materials", metavar="MATERIAL...", nargs=-1, required=True)
@click.option("--by", metavar="PERSON", required=True, help="Who issues it, as SCHEME:VALUE.")
@click.option("--site", metavar="SITE", required=True, help="Where, as SCHEME:VALUE.")
@click.option("--organisation", metavar="ORG", required=True, help="For which organisation, as SCHEME:VALUE.")
@click.option("--target", metavar="HOST:PORT", help="Ask this server. Without it: the local one.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, for programs.")
def command(  # noqa: PLR0913 - one parameter per option
    *,
    coi: str,
    materials: tuple[str, ...],
    by: str,
    site: str,
    organisation: str,
    target: str | None,
    as_json: bool,
) -> None:
    """Issue a pack for the bedside before a journey, for containers MATERIAL of the chain COI, and print it.

    It says what is carried, which checks to do there, the limits, and until when it holds; no patient is named.
    The SHA-256 of its text is recorded, so that a pack shown later can be held against the log.
    It is no permission and no bedside check: each step is judged when it is recorded.

    Exit codes: 0 it may be given until then, 1 refused (R1: not released) or not to be given, 2 cannot run.
    """
    from services import settings

    settings.quieten_grpc()
    from coi_client import Client, ClientError, FactMalformed, FactRefused, LedgerUnavailable
    from services.cli import screen
    from services.cli.failing import FINDING, Failure, configured

    where = target or configured().target
    try:
        with Client(where) as client:
            given = _issued(client, coi, materials, (by, site, organisation))
    except (FactRefused, FactMalformed) as error:
        raise Failure(f"no pack: {error}", FINDING) from error
    except LedgerUnavailable as error:
        raise Failure(f"no server answers at {where}: start one with `coi serve`, or give --target") from error
    except ClientError as error:
        raise Failure(f"the server at {where} could not answer: {error}") from error
    pack = json.loads(given.pack)
    if as_json:
        screen.echo_json({"position": given.receipt.position, "sha256": given.sha256, "pack": pack})
    else:
        for line in page(pack, given.receipt.position, given.sha256):
            click.echo(screen.printable(line))
    if not pack["may_be_given"]:
        click.get_current_context().exit(FINDING)


def _issued(
    client: "Client", coi: str, materials: tuple[str, ...], frame: tuple[str, str, str]
) -> "IssueBedsidePackResponse":
    """Asks for the pack, now and by this machine's clock."""
    from datetime import UTC, datetime

    from google.protobuf import json_format

    from coi.ledger.v1.administration_pb2 import BedsidePackIssued
    from coi.ledger.v1.envelope_pb2 import Envelope
    from ledger.domain import civil_time
    from services.cli import screen

    now = datetime.now(UTC)
    by, site, organisation = (_identifier(one) for one in frame)
    ahead = int(civil_time.offset(now).total_seconds()) // 3600
    moment = {"time": screen.stamp(now), "utc_offset": f"+{ahead:02}:00", "source": "TIME_SOURCE_DEVICE"}
    envelope = {
        "occurred_at": moment,
        "place": {"site": site},
        "performed_by": by,
        "organisation": organisation,
    }
    fact = {
        "coi": _named(client, coi, "coi"),
        "materials": [_named(client, one, "material") for one in materials],
    }
    return client.issue_bedside_pack(
        json_format.ParseDict(fact, BedsidePackIssued()), json_format.ParseDict(envelope, Envelope())
    )


def _identifier(text: str) -> dict[str, str]:
    from services.cli.failing import Failure

    scheme, colon, value = text.partition(":")
    if not colon or not value:
        raise Failure(f"{text!r} is no SCHEME:VALUE, for example ods:RXK")
    return {"scheme": scheme, "value": value}


def _named(client: "Client", text: str, kind: str) -> dict[str, str]:
    """A thing as it was typed: its tag, or what the ledger knows by that name."""
    from ledger.domain.identifiers import tag as tags
    from services.cli import identifying
    from services.cli.failing import FINDING, Failure
    from services.cli.remote import Remote

    found = identifying.resolved(Remote(client), text, preferred=kind)
    if tags.kind_of(found) != kind:
        raise Failure(f"{text!r} is {found}: give a {kind}", FINDING)
    _, scheme, value = tags.parts(found)
    return {"scheme": scheme, "value": value}


def page(pack: dict[str, Any], position: int, seal: str) -> list[str]:
    """A pack as one page of at most 80 columns."""
    from datetime import datetime
    from textwrap import wrap

    from ledger.domain import civil_time
    from services.cli import screen

    def clock(text: str) -> str:
        moment = datetime.fromisoformat(text)
        ahead = int(civil_time.offset(moment).total_seconds()) // 3600
        return screen.said(moment, f"+{ahead:02}:00")

    def row(name: str, text: str) -> list[str]:
        return wrap(f"{name:<13}{text}", 78, initial_indent="  ", subsequent_indent=" " * 15, break_on_hyphens=False)

    until = f"until {clock(pack['valid_until'])}" if "valid_until" in pack else "no limit is known"
    lines = ["BEDSIDE PACK", *row("chain", pack["coi"]), *row("issued", f"{clock(pack['issued_at'])}, fact {position}")]
    lines += [*row("valid", until if pack["may_be_given"] else "NOT TO BE GIVEN"), *row("", pack["sentence"])]
    for one in pack["containers"]:
        left = ", ".join(
            " ".join(filter(None, (item["value"], item["unit"], item.get("of")))) for item in one.get("remaining", ())
        )
        lines += ["", *row("container", one["material"]), *row("product", one.get("product", "not known"))]
        lines += [*row("batch", one.get("batch", "not known")), *row("of chain", one.get("coi", "not known"))]
        lines += [*row("holds", left or "nothing known")]
        lines += row("expires", clock(one["expires_at"]) if "expires_at" in one else "not stated")
    checks, limits = pack["checks"], pack["limits"]
    held = screen.duration(checks["valid_for_seconds"])
    lines += ["", "Check at the bedside, then record it"]
    lines += row(
        "identifiers", f"{checks['identifiers']} of the patient, against container and prescription, all match"
    )
    lines += row("people", f"{checks['people']}; a validated electronic check counts as one")
    lines += row("holds", f"{held}, and only where it was made")
    lines += ["", "Limits"]
    if "in_use_seconds" in limits:
        lines += row("in use", f"within {screen.duration(limits['in_use_seconds'])} of completion or thaw")
    if "giving_seconds" in limits:
        lines += row("giving", f"not longer than {screen.duration(limits['giving_seconds'])}")
    if "outstanding_tests" in limits:
        lines += row("condition", f"released while still to come: {', '.join(limits['outstanding_tests'])}")
    if not limits:
        lines += row("", "none is stated for the product")
    note = "Written down by hand? Record it later with source, transcriber and the hash of the form. This pack permits"
    return [*lines, "", *wrap(f"{note} nothing: each step is judged when it is recorded.", 78), f"sha256 {seal}"]
