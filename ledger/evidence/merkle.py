"""The Merkle tree of RFC 6962 (section 2.1; the same tree as RFC 9162): roots, a frontier to append to, proofs.

Nothing here knows what a leaf says. A leaf is its 32-byte hash, made by `ledger.evidence.leaf`.
The frontier is all that an append needs: at most one hash per bit of the size.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HASH_SIZE = 32
"""Bytes of every hash in the tree (SHA-256)."""

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""Root of the tree without leaves (RFC 6962, 2.1)."""


class EvidenceError(Exception):
    """Evidence does not hold, or bytes given as evidence are not what they must be."""


class ProofError(EvidenceError):
    """A proof does not lead to the root it claims."""


class FrontierError(EvidenceError):
    """Bytes given as a frontier do not fit the size they came with."""


def leaf_hash(data: bytes) -> bytes:
    """Hash the bytes of one leaf (RFC 6962, 2.1: prefix 0x00)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into their parent (RFC 6962, 2.1: prefix 0x01)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """The roots of the complete subtrees of a tree, largest first: enough to append and to name the root.

    Attributes:
        size: number of leaves.
        peaks: one 32-byte hash per set bit of `size`, from the highest bit down.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> "Frontier":
        """Return the frontier with one more leaf hash."""
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> "Frontier":
        """Return the frontier with more leaf hashes, in order."""
        size, peaks = self.size, list(self.peaks)
        for leaf in leaves:
            node, merged = leaf, size
            while merged & 1:
                node = node_hash(peaks.pop(), node)
                merged >>= 1
            peaks.append(node)
            size += 1
        return Frontier(size, tuple(peaks))

    @property
    def root(self) -> bytes:
        """Root hash of the tree."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def to_bytes(self) -> bytes:
        """Return the peaks one after the other: 32 bytes per set bit of the size."""
        return b"".join(self.peaks)

    @classmethod
    def from_bytes(cls, size: int, peaks: bytes) -> "Frontier":
        """Read a frontier back.

        Raises:
            FrontierError: the size is negative or the length is not 32 bytes per set bit of it.
        """
        if size < 0 or len(peaks) != HASH_SIZE * size.bit_count():
            msg = f"a frontier of size {size} cannot have {len(peaks)} bytes"
            raise FrontierError(msg)
        return cls(size, tuple(peaks[at : at + HASH_SIZE] for at in range(0, len(peaks), HASH_SIZE)))


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    return Frontier().extend(leaves).root


def inclusion_proof(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return the audit path of the leaf at 0-based `index` in the tree over `leaves` (RFC 6962, 2.1.1).

    Raises:
        ProofError: there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        msg = f"no leaf {index} in a tree of {len(leaves)}"
        raise ProofError(msg)
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*inclusion_proof(index, leaves[:split]), root_of(leaves[split:])]
    return [*inclusion_proof(index - split, leaves[split:]), root_of(leaves[:split])]


def consistency_proof(first: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return the proof that the tree over the first `first` leaves is a prefix of `leaves` (RFC 6962, 2.1.2).

    Raises:
        ProofError: `first` is not a size between 0 and the number of leaves.
    """
    if not 0 <= first <= len(leaves):
        msg = f"no prefix of {first} in a tree of {len(leaves)}"
        raise ProofError(msg)
    if first in (0, len(leaves)):
        return []
    return _subproof(first, leaves, known=True)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check an audit path (RFC 9162, 2.1.3.2).

    Raises:
        ProofError: the path does not lead from the leaf hash at `index` to `root`.
    """
    if not 0 <= index < size:
        msg = f"no leaf {index} in a tree of {size}"
        raise ProofError(msg)
    at, last, node = index, size - 1, leaf
    for step in proof:
        if last == 0:
            msg = "inclusion proof is too long"
            raise ProofError(msg)
        if at & 1 or at == last:
            node = node_hash(step, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, step)
        at, last = at >> 1, last >> 1
    if last or node != root:
        msg = f"inclusion proof of leaf {index} does not lead to the root of {size}"
        raise ProofError(msg)


def verify_consistency(first: int, size: int, first_root: bytes, root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of `first` leaves is a prefix of the tree of `size` leaves (RFC 9162, 2.1.4.2).

    Raises:
        ProofError: it is not shown to be one.
    """
    if first > size or first < 0:
        msg = f"a tree of {size} has no prefix of {first}"
        raise ProofError(msg)
    if first in (0, size):
        if proof or first_root != (EMPTY_ROOT if first == 0 else root):
            msg = f"roots of {first} and {size} differ, or the proof is not empty"
            raise ProofError(msg)
        return
    if (first_root, root) != _consistent_roots(first, size, first_root, proof):
        msg = f"consistency proof does not lead from {first} to {size}"
        raise ProofError(msg)


def _consistent_roots(first: int, size: int, first_root: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    path = [first_root, *proof] if first.bit_count() == 1 else list(proof)
    at, last = first - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    if not path:
        msg = "consistency proof is empty"
        raise ProofError(msg)
    old = new = path[0]
    for step in path[1:]:
        if last == 0:
            msg = "consistency proof is too long"
            raise ProofError(msg)
        if at & 1 or at == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, step)
        at, last = at >> 1, last >> 1
    if last:
        msg = "consistency proof is too short"
        raise ProofError(msg)
    return old, new


def _split(size: int) -> int:
    """Largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _subproof(first: int, leaves: Sequence[bytes], *, known: bool) -> list[bytes]:
    if first == len(leaves):
        return [] if known else [root_of(leaves)]
    split = _split(len(leaves))
    if first <= split:
        return [*_subproof(first, leaves[:split], known=known), root_of(leaves[split:])]
    return [*_subproof(first - split, leaves[split:], known=False), root_of(leaves[:split])]
