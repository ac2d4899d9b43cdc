"""One thing that was looked at: what was found, what is wanted, what to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at.

    Attributes:
        name: setting or property.
        value: what was found.
        wanted: what it should be.
        ok: whether it is.
        required: if not ok, nothing may be appended; otherwise it is advice.
        advice: what to do if it is not ok.
    """

    name: str
    value: str
    wanted: str
    ok: bool
    required: bool
    advice: str


class UnfitError(Exception):
    """The server must not be appended to as it is.

    Attributes:
        checks: the required checks that failed.
    """

    def __init__(self, checks: list[Check]) -> None:
        """Name what failed and what to do."""
        super().__init__("; ".join(f"{check.name} is {check.value}: {check.advice}" for check in checks))
        self.checks = checks
