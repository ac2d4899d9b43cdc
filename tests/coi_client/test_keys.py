"""Keys that the client makes."""

from uuid import RFC_4122, UUID

from coi_client.keys import time_ordered

PUBLISHED = UUID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
"""RFC 9562 Appendix A.6: Tuesday, 22 February 2022, 14:22:22.000 at UTC-05:00."""


def test_a_key_is_that_of_the_published_example() -> None:
    octets = (0xCC3 << 64 | 0x18C4DC0C0C07398F).to_bytes(10, "big")
    assert time_ordered(lambda: 1_645_557_742_000 * 1_000_000, lambda _size: octets) == PUBLISHED


def test_keys_are_of_version_seven_in_the_order_of_their_milliseconds_and_never_the_same() -> None:
    made = [time_ordered(lambda at=at: at * 1_000_000) for at in range(1_000, 1_100)]  # type: ignore[misc]
    assert made == sorted(made)
    assert {(key.version, key.variant) for key in made} == {(7, RFC_4122)}
    assert len({time_ordered(lambda: 0) for _ in range(1_000)}) == 1_000
