"""The tree against published vectors, a naive tree, and anybody who changes a byte of a proof.

Vectors: transparency-dev/merkle testonly/constants.go @417fb0c314750d94e53942e9f92e79b6d35915db (Apache-2.0), the same
values as google/certificate-transparency; retyped as data.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.evidence.merkle import (
    EMPTY_ROOT,
    Frontier,
    FrontierError,
    ProofError,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
LEAF_HASHES = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
    "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658",
    "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
    "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1",
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
MANY = [leaf_hash(str(number).encode()) for number in range(130)]
SIZES = st.integers(0, len(MANY))


def naive_root(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962, 2.1, word for word."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = max(1 << power for power in range(8) if 1 << power < len(leaves))
    return node_hash(naive_root(leaves[:split]), naive_root(leaves[split:]))


def test_published_leaves_hash_as_published() -> None:
    assert [leaf_hash(leaf).hex() for leaf in LEAVES] == LEAF_HASHES


@pytest.mark.parametrize("size", range(9))
def test_published_roots_come_out(size: int) -> None:
    assert root_of([leaf_hash(leaf) for leaf in LEAVES[:size]]).hex() == ROOTS[size]


@given(SIZES)
def test_the_frontier_has_the_naive_root_at_every_size(size: int) -> None:
    frontier = Frontier().extend(MANY[:size])
    assert (frontier.root, frontier.size) == (naive_root(MANY[:size]), size)


@given(SIZES, SIZES)
def test_a_frontier_read_back_goes_on_where_it_was(first: int, size: int) -> None:
    early, late = sorted((first, size))
    kept = Frontier().extend(MANY[:early]).to_bytes()
    assert len(kept) == 32 * early.bit_count()
    frontier = Frontier.from_bytes(early, kept)
    for leaf in MANY[early:late]:
        frontier = frontier.append(leaf)
    assert frontier == Frontier().extend(MANY[:late])


@pytest.mark.parametrize(("size", "length"), [(-1, 0), (3, 32), (3, 65), (0, 32)])
def test_bytes_that_do_not_fit_the_size_are_no_frontier(size: int, length: int) -> None:
    with pytest.raises(FrontierError):
        Frontier.from_bytes(size, bytes(length))


@given(st.integers(1, len(MANY)), st.data())
def test_every_leaf_is_provable(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, MANY[:size])
    verify_inclusion(MANY[index], index, size, proof, naive_root(MANY[:size]))


@given(SIZES, SIZES)
def test_every_prefix_is_provable(first: int, size: int) -> None:
    early, late = sorted((first, size))
    proof = consistency_proof(early, MANY[:late])
    verify_consistency(early, late, naive_root(MANY[:early]), naive_root(MANY[:late]), proof)


def changed(proof: list[bytes], data: st.DataObject) -> list[bytes]:
    """The proof with one bit flipped, one step lost, added or doubled."""
    at = data.draw(st.integers(0, len(proof) - 1)) if proof else 0
    bit = data.draw(st.integers(0, 255))
    flipped = [bytes(a ^ b for a, b in zip(step, (1 << bit).to_bytes(32), strict=True)) for step in proof[at : at + 1]]
    ways = [[*proof[:at], *flipped, *proof[at + 1 :]], proof[:at] + proof[at + 1 :]]
    ways += [[*proof, bytes(32)], [*proof[:at], *proof[at : at + 1] * 2, *proof[at + 1 :]]]
    return data.draw(st.sampled_from([way for way in ways if way != proof]))


@given(st.integers(1, len(MANY)), st.data())
def test_a_changed_inclusion_proof_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = changed(inclusion_proof(index, MANY[:size]), data)
    with pytest.raises(ProofError):
        verify_inclusion(MANY[index], index, size, proof, root_of(MANY[:size]))


@given(st.integers(1, len(MANY)), st.data())
def test_a_proof_is_of_one_leaf_at_one_place(size: int, data: st.DataObject) -> None:
    index, other = (data.draw(st.integers(0, size - 1)) for _ in range(2))
    proof = inclusion_proof(index, MANY[:size])
    with pytest.raises(ProofError):
        verify_inclusion(bytes(32), index, size, proof, root_of(MANY[:size]))
    with pytest.raises(ProofError):
        verify_inclusion(MANY[index], other if other != index else size, size, proof, root_of(MANY[:size]))


@given(st.integers(1, len(MANY) - 1), st.data())
def test_a_changed_consistency_proof_is_refused(first: int, data: st.DataObject) -> None:
    size = data.draw(st.integers(first + 1, len(MANY)))
    proof = changed(consistency_proof(first, MANY[:size]), data)
    with pytest.raises(ProofError):
        verify_consistency(first, size, root_of(MANY[:first]), root_of(MANY[:size]), proof)


@given(st.integers(1, len(MANY) - 1), st.data())
def test_a_rewritten_history_is_not_consistent(first: int, data: st.DataObject) -> None:
    size = data.draw(st.integers(first, len(MANY)))
    at = data.draw(st.integers(0, first - 1))
    rewritten = [*MANY[:at], bytes(32), *MANY[at + 1 : size]]
    with pytest.raises(ProofError):
        verify_consistency(first, size, root_of(MANY[:first]), root_of(rewritten), consistency_proof(first, rewritten))


def test_what_is_not_in_the_tree_has_no_proof() -> None:
    with pytest.raises(ProofError):
        inclusion_proof(3, MANY[:3])
    with pytest.raises(ProofError):
        consistency_proof(4, MANY[:3])
    with pytest.raises(ProofError):
        verify_consistency(4, 3, EMPTY_ROOT, EMPTY_ROOT, [])
    with pytest.raises(ProofError):
        verify_consistency(0, 3, bytes(32), root_of(MANY[:3]), [])
    with pytest.raises(ProofError):
        verify_consistency(3, 5, root_of(MANY[:3]), root_of(MANY[:5]), [])
