"""Random numbers that depend on nothing but a key and a name.

A scene must be the same in any batch, in any process and on any device, and a new draw must not
change the others. So there is no state to advance: every number is a hash of its scene's key, of
the name it is drawn under and of its place. Integer arithmetic is exact everywhere, and floats are
made of 24 bits, so the draws are equal to the last bit on every device.
"""

from dataclasses import dataclass
from zlib import crc32

import torch
from torch import Tensor

_LOW_32 = 0xFFFFFFFF
_ROUNDS = (0x21F0AAAD, 0x735A2D97)  # odd multipliers that mix 32 bits well


@dataclass(frozen=True, eq=False)
class Draws:
    """Random numbers for a batch of keys: int64 of any shape, 32 bits each.

    What is drawn has the shape of the keys, followed by the shape asked for.
    """

    keys: Tensor

    @classmethod
    def of(cls, name: str, seed: int, indices: Tensor) -> "Draws":
        """The draws of items ``indices`` (B,) int64 of the stream ``name`` with ``seed``."""
        stream = _combined(torch.tensor(crc32(name.encode())), seed & _LOW_32)
        high, low = (indices >> 32) & _LOW_32, indices & _LOW_32
        return cls(_combined(_combined(stream.to(indices.device), high), low))

    def __getitem__(self, index) -> "Draws":
        return Draws(self.keys[index])

    def flatten(self) -> "Draws":
        """The same with all keys in one row."""
        return Draws(self.keys.flatten())

    def of_each(self, name: str, count: int) -> "Draws":
        """Draws with one more axis, of ``count`` independent parts."""
        parts = torch.arange(count, device=self.keys.device)
        return Draws(_combined(self._named(name)[..., None], parts))

    def uniform(self, name: str, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """float32 in [low, high)."""
        return (self._bits(name, shape) >> 8).float() * ((high - low) / 2**24) + low

    def normal(self, name: str, *shape: int) -> Tensor:
        """float32, mean 0 and deviation 1 (Box and Muller)."""
        radius = torch.sqrt(-2 * torch.log1p(-self.uniform(name + "/radius", *shape)))
        return radius * torch.cos(2 * torch.pi * self.uniform(name + "/angle", *shape))

    def noise(self, name: str, *shape: int) -> Tensor:
        """White noise in bulk, float32: mean 0, deviation 1, uniform within 1.73."""
        count = _product(shape)
        places = torch.arange(count, dtype=torch.int32, device=self.keys.device)
        x = _as_int32(self._named(name))[..., None] + places * _signed(0x9E3779B1)
        x.bitwise_xor_((x >> 16) & 0xFFFF).mul_(_ROUNDS[0])
        x.bitwise_xor_((x >> 15) & 0x1FFFF).mul_(_ROUNDS[1])
        return x.float().mul_(3**0.5 / 2**31).reshape(*self.keys.shape, *shape)

    def integers(self, name: str, low: int, high: int, *shape: int) -> Tensor:
        """int64 in [low, high)."""
        return low + (self._bits(name, shape) * (high - low) >> 32)

    def chance(self, name: str, probability: float | Tensor) -> Tensor:
        """bool, true with ``probability``."""
        return self.uniform(name) < probability

    def choice(self, name: str, weights: Tensor) -> Tensor:
        """int64: an index into ``weights`` (N,), which need not add up to one."""
        edges = weights.to(self.keys.device).double().cumsum(0)
        drawn = self.uniform(name).double() * edges[-1]
        return torch.searchsorted(edges, drawn, right=True).clamp(max=len(edges) - 1)

    def order(self, name: str, count: int) -> Tensor:
        """int64 (..., count): a permutation of 0 to count - 1."""
        return self._bits(name, (count,)).argsort(dim=-1, stable=True)

    def _named(self, name: str) -> Tensor:
        return _combined(self.keys, crc32(name.encode()))

    def _bits(self, name: str, shape: tuple[int, ...]) -> Tensor:
        """int64 holding 32 random bits."""
        named = self._named(name)
        if not shape:
            return named
        places = torch.arange(_product(shape), device=self.keys.device).reshape(shape)
        return _combined(named.reshape(*named.shape, *[1] * len(shape)), places)


def _mixed(x: Tensor) -> Tensor:
    """int64 holding 32 bits -> the same, well mixed (two rounds of shift and multiply)."""
    x = ((x ^ (x >> 16)) * _ROUNDS[0]) & _LOW_32
    x = ((x ^ (x >> 15)) * _ROUNDS[1]) & _LOW_32
    return x ^ (x >> 15)


def _combined(keys: Tensor, word: int | Tensor) -> Tensor:
    """Keys that depend on both, unlike for words that are alike."""
    word = torch.as_tensor(word, device=keys.device)
    return _mixed((keys * 0x9E3779B1 + _mixed((word + 0x85EBCA6B) & _LOW_32)) & _LOW_32)


def _as_int32(bits: Tensor) -> Tensor:
    return torch.where(bits >= 2**31, bits - 2**32, bits).int()


def _signed(word: int) -> int:
    """32 bits as a two's complement number."""
    return word - 2**32 if word >= 2**31 else word


def _product(shape: tuple[int, ...]) -> int:
    return torch.Size(shape).numel()
