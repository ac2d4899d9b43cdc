"""What a planned rule is: the words of a rule that is in the rulebook and refuses nothing yet."""

from dataclasses import dataclass

from ledger.domain.rules.rule import Owner


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A rule of the rulebook that is not live yet.

    Attributes:
        id: Its id, for ever; the live rule will bear the same.
        text: What it will refuse, in the law's words.
        source: Law, standard, section. "(our encoding)": the source gives the duty and the refusal is inferred from
            it. "(unverified)" and "(partly verified)": to be checked against the primary text before it goes live.
        owner: Who owns the risk.
        override: What may lawfully bypass it, in words.
        reason: Why it is not live yet.
    """

    id: str
    text: str
    source: str
    owner: Owner
    override: str
    reason: str
