"""MTCNN: faces with five landmarks, from three small networks in a row.

Zhang et al., "Joint Face Detection and Alignment using Multitask Cascaded Convolutional Networks",
IEEE SPL 2016. The weights are those of the ``mtcnn`` package (MIT), which brings them in its wheel;
nothing else of it is used, so that TensorFlow is not needed.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec

import joblib
import numpy as np
import torch
from torch import Tensor, nn
from torchvision.ops import batched_nms, roi_align

SCALE_STEP = 0.709  # between two levels of the pyramid: half the area
CELL_PX, STRIDE_PX = 12, 2  # field of view of the first network, and its stride
SCORES = (0.6, 0.7, 0.8)  # least softmax of a face after each network
SAMPLES = 2  # along a side, of which a pixel of a face is the mean
OVERLAP = 0.7  # IoU above which two detections are one face; 0.5 within a level


@dataclass(frozen=True, eq=False)
class Faces:
    """F faces in one picture, the surest first."""

    boxes: np.ndarray  # (F, 4) float32, x0 y0 x1 y1 in pixels, maybe beyond the picture
    scores: np.ndarray  # (F,) float32 in [0, 1]
    landmarks: np.ndarray  # (F, 5, 2) float32, x y of eyes, nose, corners of the mouth


class Stage(nn.Module):
    """One of the three networks, built from its published arrays.

    ``arrays`` are kernel, bias and PReLU slope of each hidden layer, then kernel and bias of each
    output, in the layout of TensorFlow; ``pools`` the max pooling after each convolution (0: none).
    """

    def __init__(self, arrays: list[np.ndarray], pools: tuple[int, ...]) -> None:
        super().__init__()
        self.hidden, self.heads = nn.ModuleList(), nn.ModuleList()
        arrays, pooling = list(arrays), list(pools)
        while arrays:
            kernel, bias = torch.from_numpy(arrays.pop(0)), torch.from_numpy(arrays.pop(0))
            layer: nn.Module
            if kernel.ndim == 4:
                layer = nn.Conv2d(kernel.shape[2], kernel.shape[3], tuple(kernel.shape[:2]))
                layer.weight.data = kernel.permute(3, 2, 0, 1).contiguous()
            else:
                layer = nn.Linear(*kernel.shape)
                layer.weight.data = kernel.T.contiguous()
            layer.bias.data = bias
            if not arrays or arrays[0].ndim in (2, 4):
                self.heads.append(layer)
                continue
            slope = nn.PReLU(len(bias))
            slope.weight.data = torch.from_numpy(arrays.pop(0)).flatten()
            pool = pooling.pop(0) if kernel.ndim == 4 else 0
            steps = [nn.MaxPool2d(pool, 2, ceil_mode=True)] if pool else []
            flat = [] if kernel.ndim == 4 else [_Flatten()]
            self.hidden.append(nn.Sequential(*flat, layer, slope, *steps))

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """(B, 3, H, W) in [-1, 1] -> box offsets, landmarks (last network only), logits."""
        for layer in self.hidden:
            pictures = layer(pictures)
        return [head(pictures) for head in self.heads]


class _Flatten(nn.Module):
    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, W * H * C), the order of the published kernels."""
        return features.permute(0, 3, 2, 1).flatten(1)


class FaceDetector(nn.Module):
    """The cascade: proposals on a pyramid of scales, refined twice.

    Each argument is the arrays of one network, in the order of :class:`Stage`.
    """

    def __init__(
        self, proposal: list[np.ndarray], refine: list[np.ndarray], output: list[np.ndarray]
    ) -> None:
        super().__init__()
        self.proposal = Stage(proposal, (2, 0, 0))
        self.refine = Stage(refine, (3, 3, 0))
        self.output = Stage(output, (3, 3, 2, 0))
        self.requires_grad_(False).eval()

    @torch.inference_mode()
    def detect(self, frames: np.ndarray, least_px: float = 24) -> list[Faces]:
        """Faces of at least about ``least_px`` in each of ``frames`` uint8 (N, H, W, 3) RGB."""
        pictures = _normalised(frames)
        return self._refined(pictures, *self._propose(pictures, least_px))

    @torch.inference_mode()
    def detect_near(self, frame: np.ndarray, boxes: np.ndarray) -> Faces:
        """Faces of ``frame`` uint8 (H, W, 3) RGB near ``boxes`` (B, 4), where they were a moment
        ago: no pyramid, so a fraction of what :meth:`detect` costs.
        """
        near = torch.from_numpy(boxes.astype(np.float32))
        of = torch.zeros(len(boxes), dtype=torch.long)
        return self._refined(_normalised(frame[None]), near, of)[0]

    def _refined(self, pictures: Tensor, boxes: Tensor, of: Tensor) -> list[Faces]:
        """What the second and the third network leave of ``boxes`` (P, 4) in pictures ``of``."""
        boxes, of, _, _ = self._judge(self.refine, pictures, boxes, of, 24, SCORES[1])
        boxes, of, scores, landmarks = self._judge(self.output, pictures, boxes, of, 48, SCORES[2])
        return [
            Faces(*(each[of == index].numpy() for each in (boxes, scores, landmarks)))
            for index in range(len(pictures))
        ]

    def _propose(self, pictures: Tensor, least_px: float) -> tuple[Tensor, Tensor]:
        """Boxes (P, 4) and the picture of each (P,)."""
        boxes, scores = [torch.zeros(0, 4)], [torch.zeros(0)]
        of = [torch.zeros(0, dtype=torch.long)]
        height, width = pictures.shape[-2:]
        scale = CELL_PX / least_px
        while min(height, width) * scale >= CELL_PX:
            size = round(height * scale), round(width * scale)
            level = nn.functional.interpolate(pictures, size=size, mode="area")
            offsets, logits = self.proposal(level)
            likely = logits.softmax(dim=1)[:, 1]
            index, row, column = (likely > SCORES[0]).nonzero(as_tuple=True)
            corner = torch.stack([column, row, column, row], dim=1) * float(STRIDE_PX)
            cells = corner + torch.tensor([0.0, 0.0, CELL_PX, CELL_PX])
            cells = cells + offsets[index, :, row, column] * CELL_PX
            kept = batched_nms(cells, likely[index, row, column], index, 0.5)
            ratio = torch.tensor([width / size[1], height / size[0]]).repeat(2)
            boxes.append(cells[kept] * ratio)
            of.append(index[kept])
            scores.append(likely[index, row, column][kept])
            scale *= SCALE_STEP
        all_boxes, all_of, all_scores = torch.cat(boxes), torch.cat(of), torch.cat(scores)
        kept = batched_nms(all_boxes, all_scores, all_of, OVERLAP)
        return all_boxes[kept], all_of[kept]

    def _judge(
        self, stage: Stage, pictures: Tensor, boxes: Tensor, of: Tensor, size: int, least: float
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Look again at the square around each box: boxes, their pictures, scores, landmarks."""
        centre, side = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]).amax(dim=1)
        half = side[:, None] / 2
        squares = torch.cat([centre - half, centre + half], dim=1)
        places = torch.cat([of[:, None].float(), squares], dim=1)
        crops = roi_align(pictures, places, size, sampling_ratio=SAMPLES, aligned=True)
        offsets, *points, logits = stage(crops)
        scores = logits.softmax(dim=1)[:, 1]
        refined = squares + offsets * side[:, None]
        landmarks = torch.zeros(len(boxes), 5, 2)
        if points:
            xs, ys = points[0][:, :5], points[0][:, 5:]
            landmarks = squares[:, None, :2] + torch.stack([xs, ys], dim=2) * side[:, None, None]
        sure = (scores > least).nonzero()[:, 0]
        kept = sure[batched_nms(refined[sure], scores[sure], of[sure], OVERLAP)]
        return refined[kept], of[kept], scores[kept], landmarks[kept]


def _normalised(frames: np.ndarray) -> Tensor:
    """uint8 (N, H, W, 3) -> (N, 3, H, W) in [-1, 1]."""
    return (torch.tensor(frames).permute(0, 3, 1, 2).float() - 127.5) / 128


@lru_cache(maxsize=1)
def load_face_detector() -> FaceDetector:
    """The detector with the published weights; one for all, since it is never changed."""
    package = find_spec("mtcnn")  # not imported: that would ask for TensorFlow
    assert package is not None and package.submodule_search_locations, "a requirement of avsl"
    folder = f"{package.submodule_search_locations[0]}/assets/weights"
    return FaceDetector(*(joblib.load(f"{folder}/{name}.lz4") for name in ("pnet", "rnet", "onet")))
