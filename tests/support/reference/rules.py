"""The rulebook, as `coi rules --markdown` writes it, with links to fact types and subjects."""

from services.cli.markdown import page
from services.cli.rulebook import document
from tests.support.reference.facts import links


def _subject(name: str) -> str:
    return f"[{name}](subjects.md#{name.lower()})"


def written() -> str:
    """The page."""
    return page("Rules", *document(lambda name: links([name]), _subject))
