"""What a training of ACL begins with, by ``config.start``.

- "": random weights of the sizes ``config.network``, frozen parts included: for trials alone;
- "backbones": CLIPSeg and BEATs as released, and as in the paper a new audio projector and mask
  scalars of 10 and 14; downloaded where they are not here, like those of the variant ``acl``;
- a backbone's folder, as ``train.stages.run`` makes, or "backbone-tiny", which ships: its towers
  and decoder, the rest new;
- a variant's name, folder or Hub id: an ACL that goes on learning. "acl" is the one of the paper.
"""

import avsl
from avsl import hub
from avsl.checkpoint import from_files
from avsl.errors import SettingError, VariantError
from avsl.models.acl import ACL
from avsl.models.published import ACLConfig, build
from avsl.variants.acl import AclVariant
from avsl.variants.acl_card import FILES, PARAMETERS
from train.config import TrainConfig
from train.stages import backbone
from train.stages.sizes import tiny

NETWORKS = {"tiny": tiny, "acl": ACLConfig}
BACKBONES = "backbones"
FROZEN_FILES = [(purpose, sources) for purpose, sources, _ in FILES if sources is not PARAMETERS]

Start = tuple[ACL, tuple[str, ...]]


def begin(config: TrainConfig) -> Start:
    """The network to begin with, and the names of the classes that its BEATs knows.

    What is new in it follows from torch's random state. Raises :class:`SettingError` where there
    is no such network and :class:`VariantError` where weights cannot be had or do not fit.
    """
    if not config.start:
        return _random(config.network), ()
    if config.start == BACKBONES:
        return _on_released_backbones()
    if backbone.is_one(backbone.at(config.start)):
        model, facts = backbone.load(config.start)
        return model, tuple(facts.get("class_names", ()))
    return _going_on(config.start)


def _random(network: str) -> ACL:
    if network not in NETWORKS:
        raise SettingError(f"There is no ACL {network!r}: {', '.join(NETWORKS)}.")
    return build(NETWORKS[network]())


def _on_released_backbones() -> Start:
    """Needs CLIPSeg and BEATs alone, not what the paper's authors trained."""
    paths = [hub.fetch(sources, purpose) for purpose, sources in FROZEN_FILES]
    try:
        variant = from_files(*paths)
    except VariantError as error:
        raise VariantError(
            f"These are not the released CLIPSeg and BEATs: {', '.join(map(str, paths))}. Remove "
            f"them to have them downloaded. ({error})"
        ) from error
    return variant.model, variant.class_names


def _going_on(name: str) -> Start:
    variant = avsl.load(name)
    if not isinstance(variant, AclVariant):
        raise SettingError(
            f"{name} is no ACL to go on training: start is empty, {BACKBONES!r}, a folder of "
            "train.stages.run, or an ACL by its name, folder or Hub id."
        )
    return variant.model, variant.class_names
