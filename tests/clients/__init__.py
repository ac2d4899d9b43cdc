"""Clients in other languages, made from the proto files alone, as programs of their own against a real server."""
