"""The Python client against real and lying servers."""
