"""The programs: nothing imports them, and they see the library only through ledger.api and the domain's types."""
