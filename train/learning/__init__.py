"""What can be trained: a learner for each family of objectives."""

import torch

from train import objectives
from train.config import TrainConfig
from train.learning.base import Batch, Learner
from train.objectives.base import TWO_STREAM

__all__ = ["Batch", "Learner", "learner"]


def learner(config: TrainConfig, device: torch.device | None = None) -> Learner:
    """The network and objective of a training, on ``device`` (None: the processor).

    Its first weights follow from torch's random state. Raises :class:`avsl.errors.SettingError`
    for a network, an objective or a setting that there is not.
    """
    objective = objectives.make(config.objective, **config.objective_settings)
    device = device or torch.device("cpu")
    if objective.family == TWO_STREAM:
        from train.learning.two_stream import TwoStreamLearner

        return TwoStreamLearner(config, objective, device)
    from train.learning.acl import AclLearner  # its networks take seconds to import

    return AclLearner(config, objective, device)
