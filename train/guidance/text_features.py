"""Phrases as embeddings of a frozen text encoder, and which of them may be negatives."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from avsl.description import Description

Encode = Callable[[list[str]], Tensor]
"""N texts to (N, E), on any device: a frozen CLIP's tokenizer and text tower in one."""

TEMPLATE = "a photo of {}"  # the sentence in which ACL puts the sound in the phrase's place


@dataclass(frozen=True, eq=False)
class SceneText:
    """The words of B scenes as unit vectors; rows that are not there are zero."""

    heard: Tensor  # (B, E) mean direction of all that is heard
    in_view: Tensor  # (B, E) mean direction of what is heard and seen
    is_heard: Tensor  # (B,) bool
    is_in_view: Tensor  # (B,) bool
    silent: Tensor  # (B, N, E) what is only seen; N is that of the fullest scene
    is_silent: Tensor  # (B, N) bool: which of them are there

    def __len__(self) -> int:
        return len(self.heard)


class TextFeatures:
    """Embeds every distinct phrase once and remembers it."""

    def __init__(self, encode: Encode, template: str = TEMPLATE, batch: int = 256) -> None:
        self._encode, self._template, self._batch = encode, template, batch
        self._known: dict[str, Tensor] = {}  # tidied phrase -> (E,) on the processor

    def __len__(self) -> int:
        return len(self._known)

    def __call__(self, phrases: Sequence[str]) -> Tensor:
        """(N, E) float32 unit vectors on the processor, without gradient."""
        tidy = [_tidy(phrase) for phrase in phrases]
        new = [phrase for phrase in dict.fromkeys(tidy) if phrase not in self._known]
        for first in range(0, len(new), self._batch):
            some = new[first : first + self._batch]
            self._known.update(zip(some, self._embedded(some), strict=True))
        return torch.stack([self._known[phrase] for phrase in tidy])

    def scenes(
        self, described: Sequence[Description], device: torch.device | str = "cpu"
    ) -> SceneText:
        """The words of B scenes, on ``device``."""
        self([phrase for each in described for phrase in _all_phrases(each)] or ["nothing"])
        width = len(next(iter(self._known.values())))
        heard, is_heard = self._means([each.heard for each in described], width)
        in_view, is_in_view = self._means([each.heard_in_view for each in described], width)
        silent, is_silent = self._padded([each.silent for each in described], width)
        parts = heard, in_view, is_heard, is_in_view, silent, is_silent
        return SceneText(*(part.to(device) for part in parts))

    @torch.no_grad()
    def _embedded(self, phrases: list[str]) -> Tensor:
        texts = [self._template.format(phrase) for phrase in phrases]
        return F.normalize(self._encode(texts).float().cpu(), dim=-1)

    def _means(self, phrases: list[tuple[str, ...]], width: int) -> tuple[Tensor, Tensor]:
        """(B, E) directions and (B,) which of them are there."""
        means = torch.zeros(len(phrases), width)
        for row, some in enumerate(phrases):
            if some:
                means[row] = F.normalize(self(some).mean(0), dim=-1)
        return means, torch.tensor([bool(some) for some in phrases])

    def _padded(self, phrases: list[tuple[str, ...]], width: int) -> tuple[Tensor, Tensor]:
        """(B, N, E) and (B, N)."""
        most = max((len(some) for some in phrases), default=0)
        out = torch.zeros(len(phrases), most, width)
        for row, some in enumerate(phrases):
            if some:
                out[row, : len(some)] = self(some)
        counts = torch.tensor([len(some) for some in phrases])
        return out, torch.arange(most) < counts[:, None]


def may_be_negatives(text: Tensor, is_there: Tensor, most_similar: float) -> Tensor:
    """(B, B) bool: whether scene j may be a negative of scene i.

    ``text`` (B, E) unit vectors, ``is_there`` (B,). Not a scene itself, none without text, and
    none whose text is as similar as ``most_similar`` in cosine or more: two clips of barking dogs
    must not be pushed apart (false negatives).
    """
    own = torch.eye(len(text), dtype=torch.bool, device=text.device)
    there = is_there[:, None] & is_there[None, :]
    return there & ~own & (text @ text.T < most_similar)


def _all_phrases(description: Description) -> tuple[str, ...]:
    return (*description.heard, *description.silent)


def _tidy(phrase: str) -> str:
    """Phrases that differ in case or spaces alone are one to CLIP's tokenizer."""
    return " ".join(phrase.lower().split())
