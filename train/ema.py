"""A network's slowly moving average: SLAVC's targets, and a steadier network to evaluate."""

from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

DECAY = 0.999  # SLAVC's, for both towers


def averaged(model: nn.Module, decay: float = DECAY) -> AveragedModel:
    """A frozen copy of ``model`` that ``update_parameters(model)`` moves by 1 - decay after a step.

    The first update copies. Statistics of batch norms are the model's own. As SLAVC's target it
    stays in training mode, with batch statistics and dropout, under ``torch.no_grad()``.
    """
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay))
    return average.requires_grad_(False)
