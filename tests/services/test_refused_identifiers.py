"""An identifier that fails its check, at the port: scheme, rule and way out are told, and never what was sent."""

import grpc
import pytest

from ledger.domain.facts.birth import Malformed, born
from ledger.domain.facts.values import Place
from services.mapping import incoming
from services.status import LONGEST_DESCRIPTION
from tests.domain.identifiers.test_schemes import CANONICAL
from tests.services.calls import Caller, ended
from tests.services.fakes import FakeLedger
from tests.support import samples
from tests.support.wire import AnyMessage
from tests.support.world import name

DIN_RULE = "5 characters of the facility (no letter O), 2 digits of the year, 6 digits"
WAY_OUT = "scan it again, or send it as 'unverified'"
TOLD = f"is no isbt128-din: {DIN_RULE}; {WAY_OUT}"

VALUES = ["9434765919", "A99992612345G", "=A99992612345600", "JANE.DOE.1961-03-12"]


def asked(value: str, scheme: str = "isbt128-din") -> AnyMessage:
    """A collection whose donation has this number."""
    request = samples.apheresis()
    request.fact.donation.scheme, request.fact.donation.value = scheme, value
    return request


@pytest.mark.parametrize("value", VALUES)
def test_the_mapper_tells_scheme_rule_and_way_out_and_never_what_was_sent(value: str) -> None:
    with pytest.raises(Malformed) as caught:
        incoming.draft(asked(value))
    assert caught.value.violations == (("fact.donation", TOLD),)
    assert value not in str(caught.value)


@pytest.mark.parametrize("value", VALUES)
def test_the_status_tells_scheme_rule_and_way_out_and_never_what_was_sent(
    caller: Caller, ledger: FakeLedger, value: str
) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        caller.record(asked(value))
    code, parts = ended(caught.value)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert [(one.field, one.description) for one in parts["BadRequest"].field_violations] == [("fact.donation", TOLD)]
    assert value not in str(caught.value)
    assert all(value.encode() not in part.SerializeToString() for part in parts.values())
    assert ledger.stored == []


def test_what_stands_so_on_a_label_is_recorded_as_unverified(caller: Caller, ledger: FakeLedger) -> None:
    assert caller.record(asked("A99992612345G", "unverified")).position == 1
    assert b'"scheme":"unverified","value":"A99992612345G"' in ledger.stored[0].octets


def misread(value: str) -> list[str]:
    """The value with one character too few, too many, or another."""
    others = [f"{value[:at]}{other}{value[at + 1 :]}" for at in range(len(value)) for other in "0O9a~"]
    return [value[:-1], f"{value}0", *others]


@pytest.mark.parametrize(("scheme", "value"), CANONICAL, ids=[":".join(pair) for pair in CANONICAL])
def test_whatever_is_misread_the_status_has_room_for_the_way_out(scheme: str, value: str) -> None:
    for text in filter(None, misread(value)):
        try:
            born(Place, {"site": name(scheme, text)})
        except Malformed as wrong:
            (found,) = wrong.violations
            assert len(found.description.encode()) <= LONGEST_DESCRIPTION, found.description
            assert "unverified" in found.description or "one spelling" in found.description
