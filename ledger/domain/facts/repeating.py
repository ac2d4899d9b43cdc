"""When two facts tell of one act: sent again with what was missing, under a key of its own."""

from ledger.domain.facts.content import Content


def same_act(one: Content, other: Content) -> bool:
    """Whether two facts say the same happened: what, to what, when, where and by whom, word for word.

    Reasons, signatures, exceptions and second persons may differ: that is what was missing the first time. Another time
    is another act.
    """
    mine, theirs = one.envelope, other.envelope
    return (one.type, one.fact) == (other.type, other.fact) and (
        mine.occurred_at.time,
        mine.place.site,
        mine.performed_by,
    ) == (theirs.occurred_at.time, theirs.place.site, theirs.performed_by)
