"""From released weights to our two-stream network: names and sizes, strictly. Knows no files.

EZ-VSL, FNAC and SLAVC keep ``imgnet``, ``audnet`` (torchvision's ResNet-18 names) and projections;
LVS has no projections and keeps the stems for pictures, sounds and flow in every tower. torchvision
gives a ResNet-18 trained on ImageNet. Sizes are read off the tensors, so that small ones load too.
"""

import re

from torch import Tensor

from avsl.models.published import undistributed
from avsl.models.twostream import LVS, ResNetTower, TowerConfig, TwoStream, TwoStreamConfig

State = dict[str, Tensor]

_TOWERS = {"imgnet": "image_tower", "audnet": "audio_tower"}
_HEADS = {"img_proj": "image_heads", "aud_proj": "audio_heads"}
_MOMENTUM = "momentum_"  # SLAVC's averaged towers


def from_published(checkpoint: dict, averaged: bool = False) -> TwoStream:
    """The network of a released checkpoint, in evaluation mode.

    ``checkpoint``: as released, ``{"model": state dict}`` (LVS: ``"model_state_dict"``), or the
    state dict itself. ``averaged``: of SLAVC, the averaged towers that chose its best epoch in
    training, instead of those that its released test commands run. Raises ``KeyError``,
    ``RuntimeError`` or ``ValueError`` naming the misfit.
    """
    state = checkpoint.get("model", checkpoint.get("model_state_dict", checkpoint))
    renamed = published_names(state, averaged)
    model = TwoStream(published_sizes(renamed))
    model.load_state_dict(renamed)
    return model.eval()


def published_names(state: State, averaged: bool = False) -> State:
    """Released names to ours, of the averaged towers or of the others."""
    renamed = {}
    for name, value in undistributed(state).items():
        if name.startswith(_MOMENTUM) != averaged:
            continue
        name = name.removeprefix(_MOMENTUM)
        part, _, rest = name.partition(".")
        if part in _TOWERS:
            renamed |= _tower_name(_TOWERS[part], rest, value)
        else:
            renamed[_head_name(part, rest)] = value[..., None, None] if _is_linear(value) else value
    return renamed


def _tower_name(tower: str, name: str, value: Tensor) -> State:
    """One tensor of a tower; nothing where it is of LVS's other stems or unused classifier."""
    channels = 1 if tower == "audio_tower" else 3
    stem = re.fullmatch(r"conv1(_a|_flow)?\.weight", name)
    if name.startswith("fc.") or (stem and value.shape[1] != channels):
        return {}
    return {f"{tower}.conv1.weight" if stem else f"{tower}.{name}": value}


def _head_name(part: str, rest: str) -> str:
    match = re.fullmatch(r"(img_proj|aud_proj)(\d?)", part)
    if match is None:
        raise ValueError(f"A tensor that has no place in a two-stream network: {part}.{rest}.")
    return f"{_HEADS[match[1]]}.{int(match[2] or 1) - 1}.proj.{rest}"


def _is_linear(value: Tensor) -> bool:
    """The audio projection was released as a linear layer; ours is a 1 x 1 convolution."""
    return value.ndim == 2


def published_sizes(state: State) -> TwoStreamConfig:
    """Read off tensors in our names; without projections it is LVS, whose maps are 14 x 14."""
    heads = [name for name in state if re.fullmatch(r"image_heads\.\d\.proj\.weight", name)]
    strides = TowerConfig().strides if heads else LVS.image.strides
    return TwoStreamConfig(
        image=_tower_sizes(state, "image_tower", strides),
        audio=_tower_sizes(state, "audio_tower", strides),
        dim=len(state[heads[0]]) if heads else None,
        heads=len(heads) or 1,
    )


def _tower_sizes(state: State, tower: str, strides: tuple[int, ...]) -> TowerConfig:
    blocks = tuple(
        sum(bool(re.fullmatch(rf"{tower}\.layer{stage}\.\d+\.conv1\.weight", n)) for n in state)
        for stage in range(1, len(strides) + 1)
    )
    return TowerConfig(len(state[f"{tower}.conv1.weight"]), blocks, strides)


def load_imagenet(tower: ResNetTower, state: State) -> None:
    """torchvision's ResNet-18 weights into an image tower of the full size; strict.

    Raises ``RuntimeError`` naming the tensor that does not fit.
    """
    tower.load_state_dict({n: value for n, value in state.items() if not n.startswith("fc.")})
