"""The Python client. It knows the wire contract only: nothing of the ledger, nothing of the services."""
