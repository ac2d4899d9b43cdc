"""The one place where errors become statuses on the wire.

Details travel in trailers, which clients limit to 8 KiB, so a status has at most 4 KiB: long sentences are cut first,
then violations are left out, and `total` says how many there were. No text of a store, a driver or a stack ever leaves.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, PreconditionFailure, RetryInfo
from google.rpc.status_pb2 import Status

from ledger.domain.facts.birth import Malformed
from ledger.domain.finding import Finding, Weight
from ledger.domain.receipt import AppendsHeld, KeyReused, NotFound, Overloaded, Refused, Unavailable

DOMAIN: Final = "coi.ledger.v1"
LARGEST: Final = 4096
"""Most bytes of a status, details included."""
MOST_BARS: Final = 12
MOST_VIOLATIONS: Final = 50
LONGEST_DESCRIPTION: Final = 160
"""Most bytes of one violation's description."""
_LONGEST_SUBJECT: Final = 200
_LONGEST_MESSAGE: Final = 300
_SHORTER: Final = (LONGEST_DESCRIPTION, 120, 80, 48)
_GUARD: Final = "the server failed; send the same request again with the same request_id, and tell its operator"

Build = Callable[[int, int], Status]
"""Makes a status with at most so many violations, each description of at most so many bytes."""


class DeadlineTooShort(Exception):  # noqa: N818 - said of a call
    """Too little time is left to start the work."""


class DeadlinePassed(Exception):  # noqa: N818 - said of a call
    """The deadline that the server sets came first; what was queued may still be recorded."""


class StreamOver(Exception):  # noqa: N818 - said of a call
    """A stream has lasted as long as it may, or the server stops: everything that was read is answered."""


def cut(text: str, most: int) -> str:
    """Shortens a text to so many bytes of UTF-8, between characters, with an ellipsis."""
    octets = text.encode()
    if len(octets) <= most:
        return text
    return octets[: most - len("…".encode())].decode(errors="ignore") + "…"


def of(error: BaseException) -> Status:
    """Returns the status that a caller gets for this error; for an error that nobody foresaw, one that says nothing."""
    for kind, make in _MAKERS.items():
        if isinstance(error, kind):
            return make(error)
    return _status(grpc.StatusCode.INTERNAL, _GUARD, _info("INTERNAL"))


def code(status: Status) -> grpc.StatusCode:
    """Returns the code of a status."""
    return _CODES[status.code]


def foreseen() -> tuple[type[BaseException], ...]:
    """Returns the errors that have a status of their own."""
    return tuple(_MAKERS)


_CODES: Final[Mapping[int, grpc.StatusCode]] = {one.value[0]: one for one in grpc.StatusCode}


def _status(code: grpc.StatusCode, message: str, *details: Any) -> Status:  # noqa: ANN401 - any detail message
    status = Status(code=code.value[0], message=cut(message, _LONGEST_MESSAGE))
    for detail in details:
        status.details.add().Pack(detail)
    return status


def _info(reason: str, **metadata: object) -> Any:  # noqa: ANN401 - the package of google.rpc has no types
    return ErrorInfo(reason=reason, domain=DOMAIN, metadata={name: str(value) for name, value in metadata.items()})


def _fitting(build: Build, most: int) -> Status:
    """Cuts descriptions, then leaves out violations, until the status is small enough."""
    tries = [(most, length) for length in _SHORTER] + [(fewer, _SHORTER[-1]) for fewer in range(most - 1, 0, -1)]
    statuses = (build(count, length) for count, length in tries)
    return next((status for status in statuses if status.ByteSize() <= LARGEST), build(0, 0))


def _malformed(error: Malformed) -> Status:
    def build(most: int, length: int) -> Status:
        violations = [
            BadRequest.FieldViolation(field=cut(one.path, _LONGEST_SUBJECT), description=cut(one.description, length))
            for one in error.violations[:most]
        ]
        return _status(
            grpc.StatusCode.INVALID_ARGUMENT,
            f"malformed; nothing was stored, the request_id stays unused: {error}",
            _info("MALFORMED", total=len(error.violations)),
            BadRequest(field_violations=violations),
        )

    return _fitting(build, MOST_VIOLATIONS)


def _sentence(bar: Finding) -> str:
    return f"{bar.found}; needed: {bar.must}" if bar.must else bar.found


def _metadata(error: Refused, bars: list[Finding]) -> Iterator[tuple[str, object]]:
    yield "position", error.position
    yield "type", error.type
    yield "rulebook", error.rulebook
    yield "unresolved", str(error.unresolved).lower()
    yield "total", len(bars)
    if error.item is not None:
        yield "item", error.item
    if error.content_hash:
        yield "content_hash", error.content_hash.hex()
    if error.repeated_call:
        yield "repeated_call", "true"


def _refused(error: Refused) -> Status:
    bars = [one for one in error.findings if one.weight == Weight.BAR]

    def build(most: int, length: int) -> Status:
        violations = [
            PreconditionFailure.Violation(
                type=bar.rule, subject=cut(bar.tag, _LONGEST_SUBJECT), description=cut(_sentence(bar), length)
            )
            for bar in bars[:most]
        ]
        return _status(
            grpc.StatusCode.FAILED_PRECONDITION,
            str(error),
            _info("RULES_BROKEN", **dict(_metadata(error, bars))),
            PreconditionFailure(violations=violations),
        )

    return _fitting(build, MOST_BARS)


def _key_reused(error: KeyReused) -> Status:
    info = _info("KEY_REUSED", position=error.position, request_id=error.request_id)
    return _status(grpc.StatusCode.ALREADY_EXISTS, str(error), info)


def _not_found(error: NotFound) -> Status:
    return _status(grpc.StatusCode.NOT_FOUND, str(error) or "not found", _info("NOT_FOUND"))


def _overloaded(error: Overloaded) -> Status:
    wait = Duration()
    wait.FromMilliseconds(max(1, round(error.retry_after * 1000)))
    return _status(grpc.StatusCode.RESOURCE_EXHAUSTED, str(error), _info("OVERLOADED"), RetryInfo(retry_delay=wait))


def _unavailable(_: BaseException) -> Status:
    text = "the store cannot be reached, or is held; send the same request again with the same request_id"
    return _status(grpc.StatusCode.UNAVAILABLE, text, _info("STORE_UNAVAILABLE"))


def _held(error: AppendsHeld) -> Status:
    text = f"{error}; send the same request again with the same request_id once its operator has mended that"
    return _status(grpc.StatusCode.UNAVAILABLE, text, _info("APPENDS_HELD"))


def _too_short(_: BaseException) -> Status:
    text = "too little time was left to start; nothing was stored: send the same request again with a longer deadline"
    return _status(grpc.StatusCode.DEADLINE_EXCEEDED, text, _info("DEADLINE_TOO_SHORT"))


def _passed(_: BaseException) -> Status:
    text = "no answer in time; it may still be recorded: send the same request again with the same request_id"
    return _status(grpc.StatusCode.DEADLINE_EXCEEDED, text, _info("DEADLINE_EXCEEDED"))


def _over(_: BaseException) -> Status:
    text = "the stream is over; open another and send again what was not answered, with the same request_ids"
    return _status(grpc.StatusCode.UNAVAILABLE, text, _info("REOPEN_STREAM"))


_MAKERS: Final[dict[type[BaseException], Callable[[Any], Status]]] = {
    Malformed: _malformed,
    Refused: _refused,
    KeyReused: _key_reused,
    NotFound: _not_found,
    Overloaded: _overloaded,
    AppendsHeld: _held,
    Unavailable: _unavailable,
    DeadlineTooShort: _too_short,
    DeadlinePassed: _passed,
    StreamOver: _over,
}
