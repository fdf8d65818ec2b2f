"""The numbers that bound every job, in one place; the app shows them beside the upload box."""

from dataclasses import dataclass

SAMPLE_RATE_HZ = 16_000  # every waveform inside the library: mono, float32, this rate


@dataclass(frozen=True)
class Limits:
    """What is accepted; anything beyond raises :class:`avsl.errors.LimitError`.

    The defaults keep a ten-minute clip under 2 GB of memory on a two-core machine.
    """

    max_duration_s: float = 600.0
    max_file_bytes: int = 1_000_000_000
    max_pixels: int = 4096 * 2304  # one decoded frame; 4K passes
    max_still_pixels: int = 210_000_000  # a photo before it is scaled down, if memory suffices
    max_frames: int = 600 * 120
    max_maps: int = 12_000  # analysed moments in one run
    min_free_disk_bytes: int = 200_000_000
    max_decoder_bytes: int = 1_500_000_000  # of memory for a process that decodes one file
    max_decoder_cpu_s: float = 1200.0  # of its computing, all cores together
    max_decoder_silence_s: float = 30.0  # without a packet read or a frame given
    max_weights_bytes: int = 2_000_000_000  # one published file; CLIPSeg's has 0.6 GB


LIMITS = Limits()
