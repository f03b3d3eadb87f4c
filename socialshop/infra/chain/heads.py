"""The signed head: what an outsider keeps, because no chain can tell by itself that its tail was cut off."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import text
from sqlalchemy.orm import Session

from socialshop.infra import wired
from socialshop.infra.chain.sealing import last_block
from socialshop.infra.chain.tables import GENESIS, Chain, Head
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.time import exact_text

KEY_FILE = "signing.key"
_SEED_BYTES = 32
_NOTHING = "-"
_NO_HEAD = "not a head that `socialshop export head` wrote"
_HEX = {"hash": 32, "public_key": 32, "signature": 64}


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head and its Ed25519 signature (RFC 8032) by the shop's key."""

    head: Head
    public_key: bytes
    signature: bytes

    def as_json(self) -> dict[str, object]:
        """The exported form; bytes in hexadecimal."""
        return {
            "number": self.head.number,
            "hash": self.head.hash.hex(),
            "entries": self.head.entries,
            "sealed_at": self.head.sealed_at,
            "public_key": self.public_key.hex(),
            "signature": self.signature.hex(),
        }


class HeadRefused(InvalidValue):
    """A head of the seals that this shop's key did not sign, or that is not well formed."""

    code = "head_refused"


def current_head(session: Session, chain: Chain) -> Head:
    """The newest block's head."""
    last = last_block(session, chain)
    if last is None:
        return Head(0, GENESIS, 0, _NOTHING)
    query = f"SELECT CAST(sum(entry_count) AS bigint) FROM {chain.name}_blocks"  # noqa: S608 - a name of our own
    entries = session.execute(text(query)).scalar_one()
    return Head(last.number, bytes(last.hash), entries, exact_text(last.sealed_at))


def signed_head(session: Session, chain: Chain, data_dir: Path) -> SignedHead:
    """The newest block's head, signed by the shop's key."""
    key, head = signing_key(data_dir), current_head(session, chain)
    return SignedHead(head, _public(key.public_key()), key.sign(head.text(chain)))


def read_head(document: object, chain: Chain, data_dir: Path) -> Head:
    """The head in an exported document's object. Raises HeadRefused: malformed, no key here, a wrong one."""
    return _verified(_signed_in(document), chain, _public(_own_key(data_dir).public_key()))


def verified(document: object, chain: Chain, public_key: bytes) -> Head:
    """The head in an exported document's object, signed by this key: all that is needed is the document and the key.

    Raises HeadRefused.
    """
    return _verified(_signed_in(document), chain, public_key)


def _verified(signed: SignedHead, chain: Chain, public_key: bytes) -> Head:
    if signed.public_key != public_key:
        raise HeadRefused("the head is signed by another key than this shop's")
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signed.signature, signed.head.text(chain))
    except (InvalidSignature, ValueError):
        raise HeadRefused("the signature does not fit the head: one of them was changed") from None
    return signed.head


def signing_key(data_dir: Path) -> Ed25519PrivateKey:
    """The shop's key: 32 bytes of seed in hexadecimal, from the settings, else from a file that its owner alone may
    read, made on first use.
    """
    path = data_dir.joinpath(KEY_FILE)
    if wired.settings().signing_key is None and not path.exists():
        place(path, secrets.token_hex(_SEED_BYTES))
    return _own_key(data_dir)


def _own_key(data_dir: Path) -> Ed25519PrivateKey:
    given = wired.settings().signing_key
    if given is not None:
        return _key(given.get_secret_value(), "SOCIALSHOP_SIGNING_KEY")
    path = data_dir.joinpath(KEY_FILE)
    if not path.exists():
        raise HeadRefused(f"{path} is missing: without the shop's key no head can be told from a forged one")
    return _key(path.read_text(encoding="ascii", errors="replace"), str(path))


def _key(seed: str, where: str) -> Ed25519PrivateKey:
    if not re.fullmatch(r"[0-9a-f]{64}", seed.strip()):
        raise HeadRefused(f"{where} is no signing key: 64 hexadecimal digits are expected")
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))


def place(path: Path, line: str) -> None:
    """Write a private file of one line, unless it is there.

    Written beside its place and linked there, so that of two processes the first one's file stands, whole.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(handle)
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def _public(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def json_of(document: str) -> object:
    """The JSON of an exported document. Raises HeadRefused."""
    try:
        return json.loads(document)
    except (ValueError, RecursionError):
        raise HeadRefused(_NO_HEAD) from None


def _signed_in(fields: object) -> SignedHead:
    if not isinstance(fields, dict):
        raise HeadRefused(_NO_HEAD)
    try:
        values = {name: bytes.fromhex(fields[name]) for name in _HEX}
        number, entries, sealed_at = fields["number"], fields["entries"], fields["sealed_at"]
    except (ValueError, TypeError, KeyError):
        raise HeadRefused(_NO_HEAD) from None
    well_formed = all(len(values[name]) == length for name, length in _HEX.items())
    if not well_formed or type(number) is not int or type(entries) is not int or not isinstance(sealed_at, str):
        raise HeadRefused(_NO_HEAD)
    return SignedHead(Head(number, values["hash"], entries, sealed_at), values["public_key"], values["signature"])
