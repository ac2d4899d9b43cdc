"""Errors on the wire: each that has a status is made once and read as a caller reads it."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from ledger.domain.facts.birth import Malformed, Violation
from ledger.domain.finding import Finding, Weight
from ledger.domain.receipt import AppendsHeld, KeyReused, NotFound, Overloaded, Refused, Unavailable
from services import status
from services.cli.markdown import codes, page, paragraph, plain, told

_BAR: Final = Finding(
    rule="I1", tag="material:isbt128-mpho:A9996A0002A999926123456A00000", weight=Weight.BAR,
    found="its chain is for another patient", must="goes to the patient of its chain only",
)  # fmt: skip
_SAMPLES: Final[tuple[BaseException, ...]] = (
    Malformed([Violation("envelope.occurred_at", "missing")]),
    Refused(
        position=46, fact_type="AdministrationStarted", findings=(_BAR,), rulebook=0, unresolved=True,
        content_hash=b"\x00", repeated_call=True,
    ),
    KeyReused(UUID("c01de500-2026-4000-8000-000000000046"), 46),
    NotFound("nothing of that name"),
    Overloaded(),
    AppendsHeld("fsync is off: set it on and reload: an acknowledged fact could be lost"),
    Unavailable(),
    status.DeadlineTooShort(),
    status.DeadlinePassed(),
    RuntimeError("nobody foresaw it"),
)  # fmt: skip


def _info(said: Status) -> ErrorInfo:
    info = ErrorInfo()
    next(detail for detail in said.details if detail.Is(ErrorInfo.DESCRIPTOR)).Unpack(info)
    return info


def _error(error: BaseException) -> Iterable[str]:
    said = status.of(error)
    info = _info(said)
    raised = type(error)
    doc = (raised.__doc__ or "").partition("\n")[0] if raised in status.foreseen() else "An error that nobody foresaw."
    yield f"## {info.reason}"
    yield paragraph(plain(doc))
    yield told(
        status=f"`{status.code(said).name}` ({said.code})",
        details=codes(detail.type_url.rpartition("/")[2] for detail in said.details),
        metadata=codes(sorted(info.metadata)),
        for_example=plain(said.message),
    )


def _samples() -> list[BaseException]:
    """One of each error that has a status; one without a sample is made of a sentence. The unforeseen comes last.

    Raises:
        TypeError: An error is not made of a sentence: it needs a sample above.
    """
    made = {type(error) for error in _SAMPLES}
    others = [kind("what went wrong, in a sentence") for kind in status.foreseen() if kind not in made]
    return [*_SAMPLES[:-1], *others, _SAMPLES[-1]]


def written() -> str:
    """The page."""
    return page(
        "Errors",
        paragraph(
            f"Each status carries a `google.rpc.ErrorInfo` whose domain is `{status.DOMAIN}` and whose reason, a "
            f"heading here, is for programs. A status has at most {status.LARGEST} bytes: descriptions are cut to fit, "
            f"at most {status.MOST_BARS} broken rules and {status.MOST_VIOLATIONS} violations are listed, and `total` "
            "in the metadata says how many there were. A refusal is read whole by `GetFact` with its position."
        ),
        paragraph("Metadata that does not apply to a case is left out of it."),
        *(block for error in _samples() for block in _error(error)),
    )
