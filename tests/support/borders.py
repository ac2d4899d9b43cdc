"""What has to be registered before cells may cross a border, as drafts."""

from tests.support import world
from tests.support.world import CENTRAL, CENTRAL_SITE, COLLECTING, Data, Draft, name

IMPORT_LICENCE, SUPPLY = name("hta", "99031"), name("agreement.PCW", "SUP-1")


def import_licence(held_by: Data = CENTRAL, at: Data = CENTRAL_SITE, /, **changes: object) -> Draft:
    """LicenceGranted: by the HTA, to import tissue and cells."""
    ours: Data = {
        "authority": "AUTHORITY_HTA",
        "kind": "LICENCE_KIND_HUMAN_APPLICATION",
        "modes": None,
        "held_by": held_by,
        "sites": [at],
        "activities": ["ACTIVITY_IMPORT", "ACTIVITY_STORAGE"],
        "product_lines": None,
    }
    return world.licence(IMPORT_LICENCE, **{**ours, **changes})


def supply(receiver: Data = CENTRAL, supplier: Data = COLLECTING, /, **changes: object) -> Draft:
    """AgreementSigned: of who imports with who supplies."""
    ours: Data = {
        "giver": receiver,
        "acceptor": supplier,
        "licence": IMPORT_LICENCE,
        "purpose": "AGREEMENT_PURPOSE_SUPPLIER",
        "activities": None,
    }
    return world.agreement(SUPPLY, **{**ours, **changes})


def exporting() -> dict[str, Draft]:
    """Slots by which the collecting hospital may send its cells abroad, and does."""
    activities = ["PROCUREMENT", "TESTING", "PROCESSING", "STORAGE", "EXPORT"]
    return {
        "tissue_licence": world.tissue_licence(activities=[f"ACTIVITY_{item}" for item in activities]),
        "dispatch": world.dispatch(border_licence=world.HTA),
    }
