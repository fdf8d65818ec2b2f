"""CLIP through open_clip: inner states, any resolution, dense features, injected text tokens."""

import torch
import torch.nn.functional as F
from open_clip import tokenize
from open_clip.model import CLIP
from torch import Tensor, nn

SOT, EOT = 49406, 49407
A_PHOTO_OF = (320, 1125, 539)


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

    def __init__(self, clip: CLIP) -> None:
        super().__init__()
        self.token_embedding = clip.token_embedding
        self.positional_embedding = clip.positional_embedding
        self.transformer = clip.transformer
        self.ln_final = clip.ln_final
        self.text_projection = clip.text_projection

    def forward(self, injected: Tensor) -> Tensor:
        """Read "A photo of <injected>": tokens (B, W) to embeddings (B, E), not normalised."""
        ids = torch.tensor([SOT, *A_PHOTO_OF, EOT], device=injected.device)
        words = self.token_embedding(ids).expand(len(injected), -1, -1)
        slot = 1 + len(A_PHOTO_OF)
        return self._read(torch.cat([words[:, :slot], injected[:, None], words[:, slot:]], dim=1))

    def read(self, text: str) -> Tensor:
        """The same with words in the place of the token: (1, E), not normalised."""
        ids = tokenize([f"A photo of {text}"])[0]
        ids = ids[: int(ids.argmax()) + 1].to(self.positional_embedding.device)
        return self._read(self.token_embedding(ids)[None])

    def _read(self, tokens: Tensor) -> Tensor:
        """Causal transformer over (B, L, W); the feature is the last position's."""
        length = tokens.shape[1]
        x = tokens + self.positional_embedding[:length]
        causal = torch.full((length, length), -torch.inf, device=x.device).triu(1)
        x = self.transformer(x, attn_mask=causal)
        return self.ln_final(x[:, -1]) @ self.text_projection
