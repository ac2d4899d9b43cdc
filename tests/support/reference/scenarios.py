"""The scenarios of the law: what each is about, which verdicts must come back, how it ends."""

from collections.abc import Iterator

from services.cli import story
from services.cli.markdown import item, page, paragraph, plain
from services.cli.story import StoryFile, StoryStep

_FOUND = (("refused", "refused by"), ("notes", "noted by"), ("cures", "cures"))


def _verdict(step: StoryStep) -> str:
    """What must be found on a step, as one item of a list; empty where nothing is."""
    found = [f"{words} {', '.join(rules)}" for name, words in _FOUND if (rules := getattr(step.expect, name))]
    if not found and step.expect.state != "RECORDED_AS_DEVIATION":
        return ""
    state = "recorded as a deviation" if step.expect.state == "RECORDED_AS_DEVIATION" else ""
    return item(f"{plain(step.step)} `{step.type}`: {'; '.join(filter(None, (state, *found)))}.")


def _left(told: StoryFile) -> str:
    """What must be found at the end, things first, then what nobody has settled."""
    kinds: dict[str, list[str]] = {}
    for tag, stands in told.state.items():
        kind, _, value = tag.split(":", 2)
        kinds.setdefault("chain" if kind == "coi" else kind, []).append(f"{value} {stands}")
    things = "; ".join(f"{kind} {', '.join(each)}" for kind, each in kinds.items())
    rows = ", ".join(f"{rows} in {name}" for name, rows in told.open.items())
    return plain(f"Checked at the end: {things}. Left open: {rows or 'nothing'}.")


def _scenario(name: str) -> Iterator[str]:
    told = story.load(name)
    yield f"## {name}"
    yield paragraph(f"**{plain(told.title)}.** {plain(told.about)}")
    if verdicts := [verdict for step in told.steps if (verdict := _verdict(step))]:
        yield "\n".join(verdicts)
    yield paragraph(f"{len(told.steps)} facts. {plain(told.ends)} {_left(told)}")


def written() -> str:
    """The page."""
    names = story.library()
    return page(
        "Scenarios",
        paragraph(
            f"{len(names)} scenarios of the law, each a file that `coi play NAME` plays on a ledger of its own: what "
            "it states must come back. `coi play --print NAME` writes every request in full, `coi play --list` lists. "
            "Names, numbers and events are made up. Below each: the steps on which a rule finds something, how it "
            "ends, and how the ledger must then tell it: each chain, batch and container by its card or its replay, "
            "and the rows left in the reading lists of unsettled things. Scenarios of practice: a is 01_made_abroad, "
            "d is 18j_given_at_three_in_the_morning, n is 16_vaccine_session, the others bear their letter. They "
            "suspend licences and sites and rest on their own clock, so they are not for a ledger that others use."
        ),
        *(block for name in names for block in _scenario(name)),
    )
