"""The training step written plainly, as upstream runs it, to compare against."""

import torch

from avsl.models.acl import ACL, TrainingOutput, feature_mask, masked_mean


def plain_forward(model: ACL, image: torch.Tensor, waveform: torch.Tensor) -> TrainingOutput:
    """As upstream: the vision tower runs anew for every sound, and for every feature."""
    audio = model.audio_embedding(waveform)
    columns = []
    for sound in audio:
        seen = model.features(model.vision.states(image), image)
        columns.append(model.ground(seen, sound.expand(len(image), -1)))
    logits = torch.stack(columns, dim=1)
    hard = model.masker.hard(logits)
    own = torch.arange(len(image))
    masked = image * hard[own, own][:, None]
    grid = (image.shape[-2] // 16, image.shape[-1] // 16)
    dense = model.vision.dense(model.vision.states(image))
    positive = hard[own, own].mean()
    return TrainingOutput(
        v_f=masked_mean(dense, feature_mask(logits), grid),
        v_i=model.vision.embedding(model.vision.states(masked)),
        audio=audio,
        logits=logits,
        positive_area=positive,
        negative_area=hard.mean() - positive / len(image),
    )
