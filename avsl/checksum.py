"""Checksums: of files as they lie, and of numbers as they are in memory."""

import hashlib
from pathlib import Path

import numpy as np

BLOCK_BYTES = 1 << 20


def sha256_of(*files: Path) -> str:
    """The sha256 of the files' bytes, one after the other, as hexadecimal digits."""
    sha = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(BLOCK_BYTES):
                sha.update(block)
    return sha.hexdigest()


def sha256_of_array(values: np.ndarray) -> str:
    """The sha256 of an array's kind, shape and numbers: the same on every machine."""
    little = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    heading = f"{little.dtype.str} {little.shape}\n".encode()
    return hashlib.sha256(heading + little.tobytes()).hexdigest()


def sha256_of_words(words: tuple[str, ...]) -> str:
    """The sha256 of words, a line each."""
    return hashlib.sha256("\n".join(words).encode()).hexdigest()
