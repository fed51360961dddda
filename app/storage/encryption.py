"""
Encryption of single fields and the keyed digests by which encrypted things are found.

AES-256-GCM. Every encrypted value says which key made it, so keys can be changed while old values stay readable; table,
row and field are authenticated with it, so a value copied to another place does not open there. Written form:

    1 byte format | 4 bytes key id | 12 bytes nonce | ciphertext and tag

A key id is derived from the key itself: there is nothing to configure and nothing to confuse. Nonces are random; one
key is good for 2**32 values (NIST SP 800-38D 8.3).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import unicodedata
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.domain.errors import Unavailable

_FORMAT = b"\x01"
_ID_BYTES = 4
_NONCE_BYTES = 12
_HEADER_BYTES = len(_FORMAT) + _ID_BYTES + _NONCE_BYTES
#: where the key id stands in a written value
ID_START, ID_END = len(_FORMAT), len(_FORMAT) + _ID_BYTES
_SMALLEST_SECRET = 32

#: names are found by their first letters from this length on
SHORTEST_PREFIX = 3
#: longer words are found by their first letters only: more prefixes would help nobody and cost a row each
LONGEST_PREFIX = 20
#: digests in the index are cut to this: short enough for many rows, long enough that no two words meet
DIGEST_BYTES = 16


class Undecipherable(Unavailable):
    """An encrypted value does not open: its key is not here, or it was altered or moved. Shows nothing of it."""


class Cipher:
    """
    Encrypts, decrypts and makes blind indexes with the keys of one installation.

    `data_keys`: secrets of at least 32 bytes, the newest first; it encrypts, the others only open old values.
    `index_key`: secret of the digests; changing it means indexing every client anew.

    :raises ValueError: a secret is too short, or there is none
    """

    def __init__(self, *, data_keys: Sequence[bytes], index_key: bytes) -> None:
        if not data_keys or any(len(secret) < _SMALLEST_SECRET for secret in (*data_keys, index_key)):
            raise ValueError("encryption needs secrets of at least 32 bytes")
        self._ids = [_derive(secret, "key id", _ID_BYTES) for secret in data_keys]
        self._keys = {
            key_id: AESGCM(_derive(secret, "data", 32))
            for key_id, secret in zip(reversed(self._ids), reversed(data_keys), strict=True)
        }
        self._index_key = _derive(index_key, "index", 32)

    def __repr__(self) -> str:
        return f"Cipher({len(self._keys)} keys)"

    def encrypt(self, plain: bytes, *, table: str, key: int | str, field: str) -> bytes:
        """Return the bytes encrypted with the newest key for this one place."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._keys[self._ids[0]].encrypt(nonce, plain, _place(table, key, field))
        return _FORMAT + self._ids[0] + nonce + sealed

    def decrypt(self, sealed: bytes, *, table: str, key: int | str, field: str) -> bytes:
        """
        Return the plain bytes of a value that was encrypted for this place.

        :raises Undecipherable: another place, altered, or its key is not among ours
        """
        data_key = self._keys.get(key_id_of(sealed))
        if data_key is None:
            raise Undecipherable(f"no key opens {table}.{field} of {key}")
        nonce = sealed[_HEADER_BYTES - _NONCE_BYTES : _HEADER_BYTES]
        try:
            return data_key.decrypt(nonce, sealed[_HEADER_BYTES:], _place(table, key, field))
        except InvalidTag:
            raise Undecipherable(f"{table}.{field} of {key} was altered or moved") from None

    @property
    def current_id(self) -> bytes:
        """The id of the newest key."""
        return self._ids[0]

    def is_current(self, sealed: bytes) -> bool:
        """Tell whether the value was encrypted with the newest key; others are encrypted anew when keys change."""
        return key_id_of(sealed) == self.current_id

    def digest(self, kind: str, text: str) -> bytes:
        """
        Return the keyed digest of a normalised text for the blind index.

        Equal for equal kind and text only; without the key nobody can tell what it stands for.
        """
        message = kind.encode() + b"\x00" + text.encode()
        return hmac.new(self._index_key, message, hashlib.sha256).digest()[:DIGEST_BYTES]


def key_id_of(sealed: bytes) -> bytes:
    """Return the id of the key that made the value, or nothing where the bytes are no encrypted value."""
    if len(sealed) < _HEADER_BYTES or sealed[: len(_FORMAT)] != _FORMAT:
        return b""
    return sealed[ID_START:ID_END]


def name_words(name: str) -> tuple[str, ...]:
    """
    Return the words of a name as they are compared: small letters, no hyphens or apostrophes.

    å, ä, ö stay letters of their own as in Finnish; other accents are dropped, so that René is found as Rene.
    """
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())
    words = re.split(r"[\W_]+", "".join(map(_without_foreign_accent, folded)))
    return tuple(dict.fromkeys(word for word in words if word))


def name_keys(name: str) -> frozenset[str]:
    """Return what a name is indexed by: each word and each of its beginnings from three letters on."""
    keys: set[str] = set()
    for word in name_words(name):
        if len(word) <= LONGEST_PREFIX:
            keys.add(word)
        keys.update(word[:length] for length in range(SHORTEST_PREFIX, min(len(word), LONGEST_PREFIX) + 1))
    return frozenset(keys)


def search_keys(query: str) -> frozenset[str]:
    """Return the keys that all have to be found for a name that somebody types; shorter words find whole words only."""
    return frozenset(word[:LONGEST_PREFIX] for word in name_words(query))


def phone_key(number: str) -> str:
    """Return a telephone number as it is compared: digits only, 040 and +358 40 alike."""
    digits = re.sub(r"[^\d+]", "", number)
    if digits.startswith("+"):
        return digits[1:]
    if digits.startswith("00"):
        return digits[2:]
    return "358" + digits[1:] if digits.startswith("0") else digits


def _without_foreign_accent(letter: str) -> str:
    if letter in "åäö" or not unicodedata.decomposition(letter):
        return letter
    return "".join(part for part in unicodedata.normalize("NFD", letter) if part.isalnum())


def _place(table: str, key: int | str, field: str) -> bytes:
    return f"{table}\x00{key}\x00{field}".encode()


def _derive(secret: bytes, use: str, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=f"kykypolku {use}".encode()).derive(secret)
