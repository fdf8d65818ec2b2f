"""How good maps are: every evaluation protocol of the field under its own name.

Pure functions of tensors. A set's maps and truths make a :class:`Judged`; one function for each
kind of set turns it into :class:`Score` rows, each with its 95 % interval, found of expected, the
threshold and the rule that chose it. Percentages. Numbers of different protocols do not compare.

========================= ========================================== =============================
function                  metrics                                    after
========================= ========================================== =============================
single                    cIoU@0.5, AUC (sweep, median, adaptive)    ACL; LVS, EZ-VSL; SSLalignment
extended                  AP, max-F1, LocAcc, pIA, AUC_N             SLAVC
segmentation              mIoU, F (beta^2 = 0.3)                     AVSBench
interactive               IIoU, IAUC, also Adaptive                  SSLalignment
multi                     CIoU@0.3, CIoU@0.5, AUC, CAP, PIAP         DSOL; Mix and Localize
negative                  pIA, AUC_N                                 Juanola et al. 2025
video                     CIoU, cIoU@0.5, AUC, TN%, on/off           AVATAR
========================= ========================================== =============================

``sweep`` is one absolute threshold for all maps, chosen on validation or, as upstream, on test;
``median`` keeps the upper half of each map; ``adaptive`` knows the size of the truth.
"""

from avsl.metrics.boxes import consensus, rasterise
from avsl.metrics.judged import Judged
from avsl.metrics.overlap import areas_above, areas_at, auc, ciou, iou, success
from avsl.metrics.protocols import (
    Line,
    curves,
    extended,
    interactive,
    multi,
    negative,
    segmentation,
    single,
    video,
)
from avsl.metrics.score import Score
from avsl.metrics.thresholds import SWEEP, adaptive, best, best_on_average, median, sweep

__all__ = [
    "SWEEP",
    "Judged",
    "Line",
    "Score",
    "adaptive",
    "areas_above",
    "areas_at",
    "auc",
    "best",
    "best_on_average",
    "ciou",
    "consensus",
    "curves",
    "extended",
    "interactive",
    "iou",
    "median",
    "multi",
    "negative",
    "rasterise",
    "segmentation",
    "single",
    "success",
    "sweep",
    "video",
]
