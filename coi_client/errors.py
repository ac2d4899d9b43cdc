"""What can go wrong, typed.

ClientError
├── FactRefused        rules bar the fact; the refusal is stored at `position`
├── FactMalformed      it is no fact; nothing was stored and the key is unused
├── KeyReused          the key was used for other content
├── NotFound           nothing of that name
├── LedgerBusy         too much to do, also after the last attempt; the journal keeps the request
├── LedgerUnavailable  no answer, also after the last attempt: it may be recorded; the journal keeps the request
└── LedgerFailed       the server failed in a way that it did not foresee; the journal keeps the request
"""

from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, PreconditionFailure, RetryInfo
from google.rpc.status_pb2 import Status


class Broken(NamedTuple):
    """One rule that bars a fact."""

    rule: str
    tag: str
    description: str


class Violation(NamedTuple):
    """One thing wrong with a request."""

    path: str
    description: str


@dataclass(frozen=True)
class Failure:
    """A call that ended without an answer.

    Attributes:
        code: How it ended.
        message: In words.
        details: The parts of its status, by the name of their type.
    """

    code: grpc.StatusCode
    message: str
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def info(self) -> dict[str, str]:
        """The metadata of its reason."""
        found = self.details.get("google.rpc.ErrorInfo")
        return dict(found.metadata) if found is not None else {}

    @property
    def retry_after(self) -> float | None:
        """Seconds after which the server wants to be asked again, if it says so."""
        found = self.details.get("google.rpc.RetryInfo")
        return float(found.retry_delay.ToMilliseconds() / 1000) if found is not None else None


class ClientError(Exception):
    """Any of them.

    Attributes:
        failure: The end of the last call.
    """

    def __init__(self, failure: Failure) -> None:
        """Keeps the end of the call."""
        self.failure = failure
        super().__init__(failure.message)


class FactRefused(ClientError):  # noqa: N818 - the word of the contract
    """Rules bar the fact. It is kept as it was sent; its key is spent.

    Attributes:
        position: Of the stored refusal; 0 when it was only asked. `get_fact(position)` has every finding whole.
        type: The fact type.
        rulebook: Number of the rulebook that judged.
        unresolved: A happening: it waits for RecordedAsDeviation or DidNotHappen.
        findings: The broken rules, at most twelve.
        total: How many there are.
        content_hash: When it was only asked: what signatures would cover.
        item: Its place in a batch, from 0, of which nothing else was recorded; None when it came alone.
    """

    def __init__(self, failure: Failure) -> None:
        """Reads the parts of the status."""
        super().__init__(failure)
        info = failure.info
        told = failure.details.get("google.rpc.PreconditionFailure")
        self.findings = tuple(Broken(one.type, one.subject, one.description) for one in told.violations) if told else ()
        self.position = int(info.get("position", 0))
        self.type = info.get("type", "")
        self.rulebook = int(info.get("rulebook", 0))
        self.unresolved = info.get("unresolved") == "true"
        self.total = int(info.get("total", len(self.findings)))
        self.item = int(info["item"]) if "item" in info else None
        self.content_hash = bytes.fromhex(info.get("content_hash", ""))

    def __str__(self) -> str:
        """Every finding in a line of its own, and for an unresolved happening the way out."""
        lines = [self.failure.message, *(f"  {one.rule}: {one.description} ({one.tag})" for one in self.findings)]
        if self.total > len(self.findings):
            where = f"get_fact({self.position}) has all" if self.position else "the answer holds no more"
            lines.append(f"  and {self.total - len(self.findings)} more: {where}")
        if self.unresolved and self.position:
            lines.append(
                f"  it happened all the same: RecordedAsDeviation with position {self.position}; "
                f"it did not: DidNotHappen with position {self.position}"
            )
        return "\n".join(lines)


_UNUSED = "malformed; nothing was stored, the key stays unused:"


class FactMalformed(ClientError):  # noqa: N818 - the word of the contract
    """The request is no fact: nothing was stored, the key is unused.

    Attributes:
        violations: What is wrong, with paths.
        total: How many there are.
    """

    def __init__(self, failure: Failure) -> None:
        """Reads the parts of the status."""
        super().__init__(failure)
        told = failure.details.get("google.rpc.BadRequest")
        self.violations = tuple(Violation(one.field, one.description) for one in told.field_violations) if told else ()
        self.total = int(failure.info.get("total", len(self.violations)))

    def __str__(self) -> str:
        """Every violation in a line of its own."""
        if not self.violations:
            return self.failure.message
        lines = [_UNUSED, *(f"  {one.path}: {one.description}" for one in self.violations)]
        if self.total > len(self.violations):
            lines.append(f"  and {self.total - len(self.violations)} more: mend these first")
        return "\n".join(lines)


class KeyReused(ClientError):  # noqa: N818 - the word of the contract
    """The key was used for other content: after mending, a new fact takes a new key.

    Attributes:
        position: Of what the key belongs to.
    """

    def __init__(self, failure: Failure) -> None:
        """Reads the parts of the status."""
        super().__init__(failure)
        self.position = int(failure.info.get("position", 0))


class NotFound(ClientError):  # noqa: N818 - the word of the contract
    """Nothing of that name is in the ledger."""


class LedgerBusy(ClientError):  # noqa: N818 - the word of the contract
    """The ledger has too much to do."""


class LedgerUnavailable(ClientError):  # noqa: N818 - the word of the contract
    """No answer came: what was sent may be recorded. Send the same request again, with the same key."""


class LedgerFailed(ClientError):  # noqa: N818 - said of the server
    """The server failed in a way that nobody foresaw."""


_KINDS: dict[grpc.StatusCode, type[ClientError]] = {
    grpc.StatusCode.FAILED_PRECONDITION: FactRefused,
    grpc.StatusCode.INVALID_ARGUMENT: FactMalformed,
    grpc.StatusCode.ALREADY_EXISTS: KeyReused,
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.RESOURCE_EXHAUSTED: LedgerBusy,
    grpc.StatusCode.UNAVAILABLE: LedgerUnavailable,
    grpc.StatusCode.DEADLINE_EXCEEDED: LedgerUnavailable,
    grpc.StatusCode.CANCELLED: LedgerUnavailable,
}

FINAL = (FactRefused, FactMalformed, KeyReused)
"""Errors that settle a request: sending it again cannot change the answer."""


def of(failure: Failure) -> ClientError:
    """Returns the typed error of a failed call."""
    return _KINDS.get(failure.code, LedgerFailed)(failure)


_DETAILS: Final = "grpc-status-details-bin"


def failure(error: Any) -> Failure:  # noqa: ANN401 - the errors of the two faces share no type
    """Reads the end of a call that was not answered."""
    trailers = dict(error.trailing_metadata() or ())
    packed = Status.FromString(trailers[_DETAILS]).details if _DETAILS in trailers else ()
    return Failure(error.code(), error.details() or error.code().name, details(packed))


def told(status: Any) -> Failure:  # noqa: ANN401 - the package of google.rpc has no types
    """Reads the status of one item of a stream."""
    code = next((one for one in grpc.StatusCode if one.value[0] == status.code), grpc.StatusCode.UNKNOWN)
    return Failure(code, status.message or code.name, details(status.details))


def details(packed: Any) -> dict[str, Any]:  # noqa: ANN401 - the package of google.rpc has no types
    """Unpacks the parts of a status that the client knows."""
    found = {}
    for part in packed:
        for kind in (ErrorInfo, BadRequest, PreconditionFailure, RetryInfo):
            if part.Is(kind.DESCRIPTOR):
                message = kind()
                part.Unpack(message)
                found[kind.DESCRIPTOR.full_name] = message
    return found
