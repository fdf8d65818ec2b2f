"""The audio tokenizer: BEATs features to one token in CLIP's text space (ACL, WACV 2024).

Two linear layers, then attention over the tokens whose potentials are a unary and a self-pairwise
one (factor graph attention, CVPR 2019). Parameter names follow the published checkpoint.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class AudioTokenizer(nn.Module):
    """(B, N, D) audio features to (B, W) tokens; the published sizes are 2304 and 512."""

    def __init__(self, features: int = 2304, width: int = 512) -> None:
        super().__init__()
        self.fc1 = nn.Linear(features, features)
        self.fc2 = nn.Linear(features, width)
        self.fga = FactorGraphPooling(width)

    def forward(self, features: Tensor) -> Tensor:
        return self.fga(self.fc2(F.gelu(self.fc1(features))))


class FactorGraphPooling(nn.Module):
    """Weighted sum of (B, N, W) tokens by their softmaxed potentials: (B, W)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.un_models = nn.ModuleList([Unary(width)])
        self.pp_models = nn.ModuleList([SelfPairwise(width)])
        self.reduce_potentials = nn.ModuleList([nn.Conv1d(2, 1, 1, bias=False)])

    def forward(self, tokens: Tensor) -> Tensor:
        columns = tokens.transpose(1, 2)
        potentials = torch.stack([self.un_models[0](columns), self.pp_models[0](columns)], dim=1)
        weights = self.reduce_potentials[0](potentials).softmax(dim=-1)
        return (weights @ tokens)[:, 0]


class Unary(nn.Module):
    """What each token says for itself: (B, W, N) -> (B, N)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.embed = nn.Conv1d(width, width, 1)
        self.dropout = nn.Dropout(0.5)
        self.feature_reduce = nn.Conv1d(width, 1, 1)

    def forward(self, columns: Tensor) -> Tensor:
        return self.feature_reduce(self.dropout(F.relu(self.embed(columns))))[:, 0]


class SelfPairwise(nn.Module):
    """A token's mean cosine with all tokens, in two learned spaces: (B, W, N) -> (B, N)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.embed_X = nn.Conv1d(width, width, 1)
        self.embed_Y = nn.Conv1d(width, width, 1)

    def forward(self, columns: Tensor) -> Tensor:
        query = F.normalize(self.embed_X(columns), dim=1)
        key = F.normalize(self.embed_Y(columns), dim=1)
        # the mean over keys commutes with the product: no N x N matrix
        return torch.einsum("bwn,bw->bn", query, key.mean(dim=2))
