"""What answers each rpc. Driven by the descriptors of the services: a new fact type needs no line here."""
