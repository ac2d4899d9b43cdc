"""Clearance: after an identity check, an arrival or a release, whether the next step may follow, and until when."""
