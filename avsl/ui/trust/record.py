"""What is noted of one job: which kind, with what, how long each stage took, how it ended.

Nothing of whose it is or what is in it.
"""

import secrets
import threading
import time
from dataclasses import dataclass, field

from avsl.ui import copy
from avsl.variants.folders import shipped_folders
from avsl.variants.fused_card import SUFFIX

WAITING, READING, LOADING = "waiting", "reading", "loading"
RUNNING, DRAWING, PACKING = "running", "drawing", "packing"
KNOWN = {
    copy.STAGE_READING: READING,
    copy.STAGE_DRAWING: DRAWING,
    copy.STAGE_PACKING: PACKING,
    copy.STAGE_LENT: WAITING,
}
BUILT_IN, OTHER = ("sync", "acl"), "other"


@dataclass(eq=False)
class Record:
    """One job; told from the job's own threads."""

    kind: str
    id: str = field(default_factory=lambda: secrets.token_hex(4))
    variants: list[str] = field(default_factory=list)
    stages_s: dict[str, float] = field(default_factory=dict)
    _stage: str = WAITING
    _since_s: float = field(default_factory=time.monotonic)
    _began_s: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def told(self, words: str) -> None:
        """The stage of these words, as the visitor reads them."""
        waits = words.startswith("waiting")
        self.at(WAITING if waits else KNOWN.get(words, RUNNING))

    def at(self, stage: str) -> None:
        """A stage begins, and the one before ends."""
        now_s = time.monotonic()
        with self._lock:
            spent_s = self.stages_s.get(self._stage, 0.0) + now_s - self._since_s
            self.stages_s[self._stage] = spent_s
            self._stage, self._since_s = stage, now_s

    def uses(self, variant: str) -> None:
        """Noted by name where it is one of ours: others may tell whose they are."""
        plain = variant.removesuffix(SUFFIX)
        ours = plain in BUILT_IN or plain in shipped_folders()
        self.variants.append(variant if ours else OTHER)

    def ended(self, outcome: str) -> dict:
        """As the journal has it."""
        self.at(WAITING)
        return {
            "job": self.id,
            "kind": self.kind,
            "variants": self.variants,
            "outcome": outcome,
            "seconds": round(time.monotonic() - self._began_s, 3),
            "stages_s": {
                name: round(spent, 3) for name, spent in self.stages_s.items() if spent > 0.0005
            },
        }
