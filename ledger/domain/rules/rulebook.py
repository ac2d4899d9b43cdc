"""What a released rulebook is: a revision of each rule, and parameters. Which there are is in `rulebooks`."""

from collections.abc import Mapping
from typing import NamedTuple


class Released(NamedTuple):
    """A released rulebook; never changed again.

    Attributes:
        rules: Id of each rule to the revision that it asks.
        parameters: Its numbers, by name; an adoption may set others.
    """

    rules: Mapping[str, int]
    parameters: Mapping[str, str]
