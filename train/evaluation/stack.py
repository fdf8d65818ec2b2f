"""Maps of a whole set, kept on disk: a set of 5,000 pictures would fill memory per variant."""

import tempfile

import numpy as np
import torch

from train.data.cases import TRUTH_PX

SHAPE = (TRUTH_PX, TRUTH_PX)


class Stack:
    """(M, 224, 224) half-precision maps in a temporary file that vanishes with this object.

    Halves hold 0, 0.5 and 1 exactly, so truths that count annotators survive.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, maps: np.ndarray) -> range:
        """Append (T, 224, 224); returns the rows that they became."""
        assert maps.shape[1:] == SHAPE, maps.shape
        self._file.write(np.ascontiguousarray(maps, np.float16).tobytes())
        self._count += len(maps)
        return range(self._count - len(maps), self._count)

    def tensor(self) -> torch.Tensor:
        """(M, 224, 224) float16, read from the file as it is used."""
        if not self._count:
            return torch.zeros((0, *SHAPE), dtype=torch.float16)
        self._file.flush()
        # copy-on-write, since torch wants memory that could be written
        mapped = np.memmap(self._file, np.float16, mode="c", shape=(self._count, *SHAPE))
        return torch.from_numpy(mapped)

    def part(self, rows: range) -> torch.Tensor:
        """Some neighbouring rows of :meth:`tensor`."""
        return self.tensor()[rows.start : rows.stop]
