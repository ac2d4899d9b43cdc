"""The contract of the store, on Postgres and on its memory twin."""
