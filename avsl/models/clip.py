"""CLIP through open_clip: inner states, any resolution, dense features, injected text tokens."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from open_clip import tokenize
from open_clip.model import CLIP
from open_clip.tokenizer import decode
from torch import Tensor, nn

from avsl.errors import SettingError

SOT, EOT = 49406, 49407
A_PHOTO_OF = (320, 1125, 539)
CLIP_MEAN, CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


class ConvStem(nn.Sequential):
    """Strided convolutions where a ViT cuts patches, each but the first with a residual block
    (after Xiao et al., NeurIPS 2021): a small tower learns from far fewer pictures.

    (B, 3, H, W) -> (B, D, H / patch, W / patch).
    """

    def __init__(self, channels: tuple[int, ...], width: int, patch: int) -> None:
        """``channels`` of all convolutions but the last; each halves the sides."""
        if 2 ** (len(channels) + 1) != patch:
            raise ValueError(f"{len(channels) + 1} halvings do not make a patch of {patch}.")
        layers: list[nn.Module] = []
        for before, after in pairwise((3, *channels, width)):
            layers += [nn.Conv2d(before, after, 3, 2, 1, bias=False), nn.BatchNorm2d(after)]
            layers += [nn.ReLU(), Residual(after)] if before > 3 else [nn.ReLU()]
        super().__init__(*layers)


class Residual(nn.Module):
    """Two convolutions whose outcome is added, as in ResNet: (B, C, h, w) -> the same."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        inner = F.relu(self.norm1(self.conv1(x)))
        return F.relu(x + self.norm2(self.conv2(inner)))


class VisionTower(nn.Module):
    """open_clip's ViT, opened up: the states after chosen blocks at any multiple of the patch."""

    def __init__(self, clip: CLIP) -> None:
        super().__init__()
        self.visual = clip.visual

    @property
    def patch(self) -> int:
        return self.visual.patch_size[0]

    def states(self, image: Tensor, last: int | None = None) -> list[Tensor]:
        """Embedding and the output of every block (to number ``last``), each (B, 1 + h w, D)."""
        patches = self.visual.conv1(image)
        grid = tuple(patches.shape[-2:])
        tokens = patches.flatten(2).transpose(1, 2)
        cls = self.visual.class_embedding.expand(len(tokens), 1, -1)
        tokens = torch.cat([cls, tokens], dim=1) + self.positions(grid)
        out = [self.visual.ln_pre(tokens)]
        blocks = self.visual.transformer.resblocks
        for block in blocks if last is None else blocks[: last + 1]:
            out.append(block(out[-1]))
        return out

    def positions(self, grid: tuple[int, int]) -> Tensor:
        """The learned position embeddings brought to ``grid`` bicubically: (1 + h w, D)."""
        table = self.visual.positional_embedding
        side = round((len(table) - 1) ** 0.5)
        if grid == (side, side):
            return table
        square = table[1:].T.unflatten(1, (side, side))[None]
        fitted = F.interpolate(square, grid, mode="bicubic", align_corners=False)
        return torch.cat([table[:1], fitted[0].flatten(1).T])

    def embedding(self, states: list[Tensor]) -> Tensor:
        """CLIP's image embedding, not normalised: (B, E)."""
        return self.visual.ln_post(states[-1][:, 0]) @ self.visual.proj

    def dense(self, states: list[Tensor]) -> Tensor:
        """MaskCLIP's features (ECCV 2022): the last block attends to itself only: (B, h w, E)."""
        x = states[-2]
        block = self.visual.transformer.resblocks[-1]
        weight, bias = block.attn.in_proj_weight.chunk(3)[2], block.attn.in_proj_bias.chunk(3)[2]
        x = x + block.attn.out_proj(F.linear(block.ln_1(x), weight, bias))
        x = x + block.mlp(block.ln_2(x))
        return (self.visual.ln_post(x) @ self.visual.proj)[:, 1:]


class TextTower(nn.Module):
    """open_clip's text transformer, fed with tokens that need not be words."""

    def __init__(self, clip: CLIP, words: tuple[int, ...] = ()) -> None:
        """``words``: which of CLIP's token ids the rows of the table stand for, in order; () where
        it has them all. A small tower that has read few words need not carry 49,408.
        """
        super().__init__()
        self.token_embedding = clip.token_embedding
        self.positional_embedding = clip.positional_embedding
        self.transformer = clip.transformer
        self.ln_final = clip.ln_final
        self.text_projection = clip.text_projection
        self._row = {token: row for row, token in enumerate(words)}

    def forward(self, injected: Tensor) -> Tensor:
        """Read "A photo of <injected>": tokens (B, W) to embeddings (B, E), not normalised."""
        ids = torch.tensor(self._rows([SOT, *A_PHOTO_OF, EOT]), device=injected.device)
        words = self.token_embedding(ids).expand(len(injected), -1, -1)
        slot = 1 + len(A_PHOTO_OF)
        tokens = torch.cat([words[:, :slot], injected[:, None], words[:, slot:]], dim=1)
        return self._read(tokens)[:, -1] @ self.text_projection

    def read(self, text: str) -> Tensor:
        """The same with words in the place of the token: (1, E), not normalised."""
        return self.encode([f"A photo of {text}"])

    def encode(self, texts: list[str]) -> Tensor:
        """N sentences as they are: (N, E), not normalised. Raises :class:`SettingError` for a word
        that the tower has never read.
        """
        ids = tokenize(texts, context_length=len(self.positional_embedding))
        ends = ids.argmax(1)  # the end of text has the largest id
        longest = int(ends.max()) + 1
        rows = [
            self._rows(row[: end + 1]) + [0] * (longest - end - 1)  # the future is not looked at
            for row, end in zip(ids.tolist(), ends.tolist(), strict=True)
        ]
        device = self.positional_embedding.device
        states = self._read(self.token_embedding(torch.tensor(rows, device=device)))
        last = states[torch.arange(len(texts), device=device), ends.to(device)]
        return last @ self.text_projection

    def _read(self, tokens: Tensor) -> Tensor:
        """Causal transformer over (B, L, W), and its last norm."""
        length = tokens.shape[1]
        x = tokens + self.positional_embedding[:length]
        causal = torch.full((length, length), -torch.inf, device=x.device).triu(1)
        return self.ln_final(self.transformer(x, attn_mask=causal))

    def _rows(self, ids: list[int]) -> list[int]:
        """Rows of the table from CLIP's token ids."""
        if not self._row:
            return ids
        unknown = [token for token in ids if token not in self._row]
        if unknown:
            raise SettingError(
                f"This variant has read few words, and {_in_words(unknown)!r} is not among "
                "them. Use the name of something that it was trained on."
            )
        return [self._row[token] for token in ids]


def _in_words(ids: list[int]) -> str:
    return decode(torch.tensor(ids)).strip()
