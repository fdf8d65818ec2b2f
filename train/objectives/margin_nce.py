"""MarginNCE: robust sound localization with a negative margin (Park et al., ICASSP 2023).

EZ-VSL's loss with a boundary that is less strict. Per direction, with cosines s and m < 0:
``-log(e^((s_ii - m) / tau) / (e^((s_ii - m) / tau) + sum over j != i of e^(s_ij / tau)))``.
The loss falls as m goes further below zero: a pair that matches badly is forgiven more.
"""

from dataclasses import dataclass

from train.objectives.ez_vsl import EZVSL

MARGIN = -0.2


@dataclass(frozen=True)
class MarginNCE(EZVSL):
    margin: float = MARGIN


OBJECTIVE = MarginNCE
