"""The services over a real port, and the command line."""
