"""Containers brought together in one."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from ledger.domain.facts.about import About, Fact, Kind, Link, Second, Work
from ledger.domain.facts.naming import tag_of
from ledger.domain.facts.shape import ANY, SOME, Code, OneOf, Text
from ledger.domain.facts.values import DonationId, MaterialIn, MaterialOut, Quantity, SignatureMeaning


class MaterialsPooled(Fact, frozen=True, kw_only=True):
    """Containers were brought together in one, under a new donation code or pool number and with all their parents."""

    about: ClassVar[About] = About(
        no=105,
        stage="manufacture",
        inherits="m",
        kind=Kind.HAPPENING,
        second=Second.PERSON_OR_CHECK,
        signs=(SignatureMeaning.PERFORMED,),
    )
    one_of: ClassVar[tuple[OneOf, ...]] = (OneOf("pool", ("new_donation", "pool_number"), required=False),)

    inputs: Annotated[tuple[MaterialIn, ...], SOME]
    """What went in: all of its parents."""
    output: MaterialOut
    """The container that was filled."""
    new_donation: DonationId | None = None
    """New donation code of the pool."""
    pool_number: Code | None = None
    """Pool number."""
    donations: Annotated[tuple[DonationId, ...], ANY] = ()
    """Donations of what went in."""
    losses: Annotated[tuple[Quantity, ...], ANY] = ()
    """Recorded losses."""
    reason: Text | None = None
    """Why."""

    def work(self) -> Work:
        """What was brought together."""
        return Work(inputs=self.inputs, outputs=(self.output,), losses=self.losses, how="pooled")

    def lineage(self) -> Iterator[Link]:
        """The pool came from all that went in, and its donation code stands for the donations of what went in."""
        yield from super().lineage()
        if self.new_donation is not None:
            pool = tag_of("donation", self.new_donation)
            old = (tag_of("donation", item) for item in self.donations)
            yield from (Link(pool, donation, "pooled") for donation in old if donation != pool)
            yield Link(tag_of("material", self.output.material), pool, "pooled")
