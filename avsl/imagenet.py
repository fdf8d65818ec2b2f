"""torchvision's ResNet-18 trained on ImageNet, from its server or from this machine."""

from torch import Tensor
from torchvision.models import ResNet18_Weights

from avsl.errors import WeightsError


def resnet18_state() -> dict[str, Tensor]:
    """The state dict in torchvision's names, downloaded once (45 MB) and checked by its hash.

    Raises :class:`WeightsError` where it is neither here nor within reach.
    """
    weights = ResNet18_Weights.IMAGENET1K_V1
    try:
        return weights.get_state_dict(progress=False, check_hash=True)
    except (OSError, RuntimeError) as error:
        raise WeightsError(
            "ImageNet's ResNet-18 is not on this machine and could not be downloaded. Put "
            f"{weights.url} into torch's folder hub/checkpoints, or start from random weights."
        ) from error
