"""The few MLS encodings a voice gateway needs: it proposes, it never joins.

    key package (op 26) -> parse_key_package -> KeyPackage
                             ExternalSender.add / .remove -> Proposal (op 27)
    commit + welcome (op 28) -> split_commit -> Commit, Welcome -> Welcome.only -> one newcomer's welcome (op 30)

Ciphersuite 2 (DHKEM-P256, AES-128-GCM, SHA-256, ECDSA-P256) as DAVE protocol version 1 demands; every handshake message
is a PublicMessage. Sources: RFC 9420, sections 2.1.2 (vectors), 6 (framing), 7.2 (leaf nodes), 10 (key packages),
12 (proposals, commits, welcomes); the DAVE protocol whitepaper, version 1.1.4.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

MLS_VERSION = 1
CIPHERSUITE = 2
SIGNATURE = ec.ECDSA(hashes.SHA256())

_PUBLIC_MESSAGE = struct.pack(">HH", MLS_VERSION, 1)
_KEY_PACKAGE_MESSAGE = struct.pack(">HH", MLS_VERSION, 5)
_SENDER_MEMBER, _SENDER_EXTERNAL = 1, 2
_CONTENT_PROPOSAL, _CONTENT_COMMIT = 2, 3
_PROPOSAL_ADD, _PROPOSAL_REMOVE = 1, 3
_BY_REFERENCE = 2
_CREDENTIAL_BASIC = 1
_LEAF_FROM_KEY_PACKAGE, _LEAF_FROM_COMMIT = 1, 3


class MalformedMls(ValueError):
    """Bytes that are not the MLS structure they were given as."""


def vector(body: bytes) -> bytes:
    """*body* behind its length, in the shortest of the three forms.

    Raises:
        ValueError: If *body* is 2^30 bytes or longer.
    """
    length = len(body)
    if length < 1 << 6:
        return bytes([length]) + body
    if length < 1 << 14:
        return struct.pack(">H", length | 0x4000) + body
    if length < 1 << 30:
        return struct.pack(">I", length | 0x8000_0000) + body
    raise ValueError("a vector holds less than 2^30 bytes")


class Reader:
    """Takes structures off the front of *data*; whatever is missing or wrong is `MalformedMls`.

    Attributes:
        offset: Bytes taken so far.
    """

    __slots__ = ("_data", "offset")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.offset = 0

    def take(self, length: int) -> bytes:
        """The next *length* bytes."""
        end = self.offset + length
        if end > len(self._data):
            raise MalformedMls(f"{length} bytes wanted at {self.offset}, {len(self._data) - self.offset} left")
        taken = self._data[self.offset : end]
        self.offset = end
        return taken

    def number(self, size: int) -> int:
        """The next *size* bytes as an unsigned big-endian number."""
        return int.from_bytes(self.take(size))

    def expect(self, value: int, size: int, what: str) -> None:
        """Take a number of *size* bytes which must be *value*."""
        if (found := self.number(size)) != value:
            raise MalformedMls(f"{what} is {found}, not {value}")

    def vector(self) -> bytes:
        """The body of the next vector. A length not in its shortest form is malformed, as the RFC demands."""
        start = self.offset
        first = self.number(1)
        size = 1 << (first >> 6)
        if size > 4:
            raise MalformedMls("a vector's length starts with 11")
        length = int.from_bytes(bytes([first & 0x3F]) + self.take(size - 1))
        if size > 1 and length < 1 << (8 * size // 2 - 2):
            raise MalformedMls("a vector's length is not in its shortest form")
        if length > len(self._data) - self.offset:
            raise MalformedMls(f"a vector at {start} claims {length} bytes")
        return self.take(length)

    def since(self, start: int) -> bytes:
        """What was taken from *start* until now."""
        return self._data[start : self.offset]

    def rest(self) -> bytes:
        """Everything left."""
        return self.take(len(self._data) - self.offset)

    def end(self, what: str) -> None:
        """Nothing may be left."""
        if self.offset != len(self._data):
            raise MalformedMls(f"{len(self._data) - self.offset} bytes after the {what}")


@dataclass(frozen=True, slots=True)
class KeyPackage:
    """A newcomer's offer to be added.

    Attributes:
        user_id: Discord user id, from its credential.
        ref: 32 bytes; names this key package inside a Welcome.
        body: The KeyPackage without the MLSMessage header.
    """

    user_id: int
    ref: bytes = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Proposal:
    """One external proposal.

    Attributes:
        ref: 32 bytes; commits name the proposal by it.
        message: The MLSMessage as op 27 carries it.
    """

    ref: bytes = field(repr=False)
    message: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Commit:
    """What can be read of a commit without being a member.

    Attributes:
        group_id: The group's id; in DAVE the voice channel's.
        epoch: The epoch it ends.
        leaf: Leaf index of who made it.
        refs: References of the proposals it covers, in order.
        message: The MLSMessage as op 29 carries it.
    """

    group_id: bytes
    epoch: int
    leaf: int
    refs: tuple[bytes, ...] = field(repr=False)
    message: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Welcome:
    """A welcome for one or more newcomers.

    Attributes:
        secrets: One entry per newcomer, by key package reference.
        group_info: The sealed rest, the same for all.
    """

    secrets: dict[bytes, bytes] = field(repr=False)
    group_info: bytes = field(repr=False)

    def only(self, ref: bytes) -> bytes:
        """The welcome with the entry of the key package *ref* alone, as op 30 carries it.

        Raises:
            KeyError: If the welcome does not speak to that key package.
        """
        return struct.pack(">H", CIPHERSUITE) + vector(self.secrets[ref]) + vector(self.group_info)


def _labelled(label: str, content: bytes) -> bytes:
    return vector(b"MLS 1.0 " + label.encode()) + vector(content)


def ref_hash(label: str, content: bytes) -> bytes:
    """RefHash of RFC 9420, section 5.2: 32 bytes."""
    return hashlib.sha256(_labelled(label, content)).digest()


def expand_label(label: str, context: bytes, length: int) -> bytes:
    """The KDFLabel of RFC 9420, section 8, which HKDF-Expand takes as info."""
    return struct.pack(">H", length) + _labelled(label, context)


class ExternalSender:
    """The voice gateway's signing key; the only one that may propose. Keep one for as long as a call lives."""

    def __init__(self, key: ec.EllipticCurvePrivateKey | None = None) -> None:
        self._key = key or ec.generate_private_key(ec.SECP256R1())
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.package = vector(point) + struct.pack(">H", _CREDENTIAL_BASIC) + vector(b"\x00")
        """The ExternalSender structure, the body of op 25."""

    def add(self, *, group_id: int, epoch: int, key_package: KeyPackage) -> Proposal:
        """The proposal to add the owner of *key_package*. *epoch* is 0 for a group that was not committed yet."""
        return self._propose(group_id, epoch, struct.pack(">H", _PROPOSAL_ADD) + key_package.body)

    def remove(self, *, group_id: int, epoch: int, leaf: int) -> Proposal:
        """The proposal to remove whoever holds the leaf with index *leaf*."""
        return self._propose(group_id, epoch, struct.pack(">HI", _PROPOSAL_REMOVE, leaf))

    def _propose(self, group_id: int, epoch: int, proposal: bytes) -> Proposal:
        content = (
            vector(group_id.to_bytes(8))
            + struct.pack(">QBI", epoch, _SENDER_EXTERNAL, 0)
            + vector(b"")
            + bytes([_CONTENT_PROPOSAL])
            + proposal
        )
        # No GroupContext is signed: an external sender does not know it (RFC 9420, section 6.1).
        signature = self._key.sign(_labelled("FramedContentTBS", _PUBLIC_MESSAGE + content), SIGNATURE)
        authenticated = content + vector(signature)
        return Proposal(
            ref=ref_hash("Proposal Reference", _PUBLIC_MESSAGE[2:] + authenticated),
            message=_PUBLIC_MESSAGE + authenticated,
        )


def append(proposals: list[Proposal]) -> bytes:
    """Body of op 27 which adds *proposals* to what a member has outstanding."""
    return b"\x00" + vector(b"".join(proposal.message for proposal in proposals))


def revoke(refs: list[bytes]) -> bytes:
    """Body of op 27 which takes proposals back."""
    return b"\x01" + vector(b"".join(vector(ref) for ref in refs))


def parse_key_package(body: bytes) -> KeyPackage:
    """The key package of op 26, signature checked.

    The whitepaper wraps it in an MLSMessage, davey and libdave do not; both forms are taken.

    Raises:
        MalformedMls: If it is anything but one key package of ciphersuite 2 with a valid signature of a user.
    """
    body = body.removeprefix(_KEY_PACKAGE_MESSAGE)
    reader = Reader(body)
    reader.expect(MLS_VERSION, 2, "version")
    reader.expect(CIPHERSUITE, 2, "ciphersuite")
    reader.vector()  # init_key
    user_id, signature_key = _read_leaf(reader, source=_LEAF_FROM_KEY_PACKAGE)
    reader.vector()  # extensions
    signed = reader.since(0)
    signature = reader.vector()
    reader.end("key package")
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), signature_key).verify(
            signature, _labelled("KeyPackageTBS", signed), SIGNATURE
        )
    except (ValueError, InvalidSignature):
        raise MalformedMls("the key package's signature does not hold") from None
    return KeyPackage(user_id=user_id, ref=ref_hash("KeyPackage Reference", body), body=body)


def _read_leaf(reader: Reader, *, source: int) -> tuple[int, bytes]:
    """The user id and signature key of the LeafNode that comes next."""
    reader.vector()  # encryption_key
    signature_key = reader.vector()
    reader.expect(_CREDENTIAL_BASIC, 2, "credential type")
    identity = reader.vector()
    if len(identity) != 8:
        raise MalformedMls(f"an identity of {len(identity)} bytes is no user id")
    for _ in range(5):  # versions, ciphersuites, extensions, proposals, credentials
        reader.vector()
    reader.expect(source, 1, "leaf node source")
    if source == _LEAF_FROM_KEY_PACKAGE:
        reader.take(16)  # lifetime
    elif source == _LEAF_FROM_COMMIT:
        reader.vector()  # parent_hash
    reader.vector()  # extensions
    reader.vector()  # signature
    return int.from_bytes(identity), signature_key


def split_commit(body: bytes) -> tuple[Commit, Welcome | None]:
    """The commit of op 28 and the welcome that may follow it; nothing on the wire separates the two.

    Raises:
        MalformedMls: If it is not a member's commit of proposals by reference, and then nothing or one welcome.
    """
    reader = Reader(body)
    if reader.take(4) != _PUBLIC_MESSAGE:
        raise MalformedMls("not a PublicMessage")
    group_id = reader.vector()
    epoch = reader.number(8)
    reader.expect(_SENDER_MEMBER, 1, "sender type")
    leaf = reader.number(4)
    reader.vector()  # authenticated_data
    reader.expect(_CONTENT_COMMIT, 1, "content type")
    refs = _read_refs(reader.vector())
    if reader.number(1):  # a path
        _read_leaf(reader, source=_LEAF_FROM_COMMIT)
        reader.vector()  # nodes
    for _ in range(3):  # signature, confirmation_tag, membership_tag
        reader.vector()
    commit = Commit(group_id=group_id, epoch=epoch, leaf=leaf, refs=refs, message=reader.since(0))
    rest = reader.rest()
    return commit, parse_welcome(rest) if rest else None


def _read_refs(proposals: bytes) -> tuple[bytes, ...]:
    reader = Reader(proposals)
    refs: list[bytes] = []
    while reader.offset < len(proposals):
        reader.expect(_BY_REFERENCE, 1, "ProposalOrRef")
        refs.append(reader.vector())
    return tuple(refs)


def parse_welcome(body: bytes) -> Welcome:
    """A Welcome without MLSMessage header.

    Raises:
        MalformedMls: If it is anything else.
    """
    reader = Reader(body)
    reader.expect(CIPHERSUITE, 2, "ciphersuite")
    entries = Reader(secrets := reader.vector())
    group_info = reader.vector()
    reader.end("welcome")
    found: dict[bytes, bytes] = {}
    while entries.offset < len(secrets):
        start = entries.offset
        ref = entries.vector()
        entries.vector()  # kem_output
        entries.vector()  # ciphertext
        found[ref] = entries.since(start)
    return Welcome(secrets=found, group_info=group_info)
