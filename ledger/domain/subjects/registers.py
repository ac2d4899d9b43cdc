"""The registers, under one roof: sites, papers, products, organisations."""

from ledger.domain.subjects.authorisations import AUTHORISATION, Authorisation
from ledger.domain.subjects.organisations import ORGANISATION, Organisation
from ledger.domain.subjects.papers import AGREEMENT, LICENCE, Agreement, Licence, Line
from ledger.domain.subjects.products import DESIGNATION, MASTER_FILE, PRODUCT, Designation, MasterFile, Product
from ledger.domain.subjects.sites import SITE_REGISTERS, SITE_STATUS, Basis, SiteRegisters, SiteStatus, Stop
from ledger.domain.subjects.validity import in_force

__all__ = [
    "AGREEMENT",
    "AUTHORISATION",
    "DESIGNATION",
    "LICENCE",
    "MASTER_FILE",
    "ORGANISATION",
    "PRODUCT",
    "SITE_REGISTERS",
    "SITE_STATUS",
    "Agreement",
    "Authorisation",
    "Basis",
    "Designation",
    "Licence",
    "Line",
    "MasterFile",
    "Organisation",
    "Product",
    "SiteRegisters",
    "SiteStatus",
    "Stop",
    "in_force",
]
