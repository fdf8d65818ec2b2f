"""Guidance by scene descriptions (after arXiv 2505.05343; its exact loss is not public).

During training only, what is heard and what is masked are drawn towards the words for what
sounds; the words for what is silent in the same scene are hard negatives, and so are other scenes
unless their words are too similar. Object-aware losses of this shape: arXiv 2506.18557.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from avsl.errors import SettingError
from train.guidance.text_features import SceneText, may_be_negatives

TEMPERATURE = 0.07  # ACL's


@dataclass(frozen=True)
class GuidanceWeights:
    """What counts, and how much; a term that is switched off is 0 and costs nothing."""

    use_audio: bool = True  # the audio-driven embedding towards the words for what is heard
    audio: float = 1.0
    use_visual: bool = True  # the masked visual embedding towards those for what is seen as well
    visual: float = 1.0
    use_silent: bool = True  # silent objects of the same scene as hard negatives
    silent: float = 1.0  # how many ordinary negatives each of them counts for
    use_filter: bool = True  # other scenes with too similar words are no negatives
    most_similar: float = 0.9  # cosine of two texts from which they are
    silent_most_similar: float = 0.98  # a silent phrase from here up says the same as what sounds
    use_isolation: bool = False  # regions of different sources of one scene must not overlap
    isolation: float = 1.0
    margin: float = 0.0  # taken off every positive's cosine; negative is less strict (MarginNCE)
    temperature: float = TEMPERATURE


@dataclass(frozen=True)
class GuidedLoss:
    """Each a scalar, weighted already."""

    audio: Tensor
    visual: Tensor
    isolation: Tensor

    @property
    def total(self) -> Tensor:
        return self.audio + self.visual + self.isolation


def guided_loss(
    audio: Tensor,
    visual: Tensor,
    text: SceneText,
    weights: GuidanceWeights = GuidanceWeights(),
    regions: Tensor | None = None,
    is_region: Tensor | None = None,
) -> GuidedLoss:
    """The losses of one batch of B clips.

    ``audio`` and ``visual`` (B, E), the audio-driven embedding and that of the picture under the
    clip's own mask (``audio`` and ``v_i`` of an ACL's output), need not be normalised.
    ``regions`` (B, K, H, W) in [0, 1] with ``is_region`` (B, K), the maps of each source of a
    scene, are needed for the isolation alone.
    """
    if weights.use_isolation and regions is None:
        raise SettingError("use_isolation needs regions: the maps of each source of a scene.")
    none = audio.sum() * 0  # keeps the graph where a term is off
    return GuidedLoss(
        audio=weights.audio * _aligned(audio, text.heard, text.is_heard, text, weights)
        if weights.use_audio
        else none,
        visual=weights.visual * _aligned(visual, text.in_view, text.is_in_view, text, weights)
        if weights.use_visual
        else none,
        isolation=weights.isolation * isolation_loss(regions, is_region)
        if weights.use_isolation
        else none,
    )


def _aligned(
    query: Tensor, words: Tensor, is_there: Tensor, text: SceneText, weights: GuidanceWeights
) -> Tensor:
    most_similar = weights.most_similar if weights.use_filter else float("inf")
    negatives = may_be_negatives(words, is_there, most_similar)
    silent = None
    if weights.use_silent and text.silent.shape[1]:
        apart = (text.silent * words[:, None]).sum(-1) < weights.silent_most_similar
        silent = text.is_silent & apart
    return alignment_loss(query, words, is_there, negatives, text.silent, silent, weights)


def alignment_loss(
    query: Tensor,
    words: Tensor,
    is_there: Tensor,
    negatives: Tensor,
    silent: Tensor,
    is_silent: Tensor | None,
    weights: GuidanceWeights,
) -> Tensor:
    """Contrastive alignment of ``query`` (B, E) with ``words`` (B, E), both ways.

    From query to words: -log of the own words' share among the own, the ``negatives`` (B, B) and
    the scene's own ``silent`` words (B, N, E) where ``is_silent`` (B, N); from words to query:
    among the own query and those of the negatives. Rows that are not ``is_there`` (B,) count for
    nothing; 0 where none is.
    """
    query = F.normalize(query, dim=-1)
    logits = query @ words.T / weights.temperature
    own = logits.diagonal() - weights.margin / weights.temperature
    others = logits.masked_fill(~negatives, -torch.inf)
    to_words = [own[:, None], others]
    if is_silent is not None and weights.silent > 0:
        hard = (silent @ query[..., None])[..., 0] / weights.temperature
        hard = hard + torch.tensor(weights.silent).log()
        to_words.append(hard.masked_fill(~is_silent, -torch.inf))
    forth = torch.cat(to_words, 1).logsumexp(1) - own
    back = torch.cat([own[:, None], others.T], 1).logsumexp(1) - own
    each = torch.where(is_there, (forth + back) / 2, 0.0)
    return each.sum() / is_there.sum().clamp(min=1)


def isolation_loss(regions: Tensor, is_region: Tensor | None = None) -> Tensor:
    """How far maps (B, K, H, W) in [0, 1] of different sources of a scene lie over each other.

    The mean over pairs of ``sum(m_i m_j) / min(sum m_i, sum m_j)``, in [0, 1]: a share of the
    smaller region, so that shrinking both evenly gains less than parting them. 0 without a pair.
    """
    flat = regions.flatten(2)
    if is_region is None:
        is_region = torch.ones(flat.shape[:2], dtype=torch.bool, device=flat.device)
    area = flat.sum(-1)
    smaller = torch.minimum(area[:, :, None], area[:, None, :])
    overlap = flat @ flat.transpose(1, 2) / smaller.clamp(min=1e-6)
    pairs = (is_region[:, :, None] & is_region[:, None, :]).triu(1)
    return (overlap * pairs).sum() / pairs.sum().clamp(min=1)
