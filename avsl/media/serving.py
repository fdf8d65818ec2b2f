"""What a child of the nursery does for :mod:`avsl.media.remote`: one job on one or two files.

It is asked and answers in messages of :mod:`avsl.isolation.wire`. A video's own facts
(:class:`avsl.media.video.VideoFormat`) go out as sealed bytes, which only another child opens.
"""

import pickle
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from avsl.clip import Clip, SoundTrack
from avsl.errors import AvslError
from avsl.isolation.confinement import only_read
from avsl.isolation.wire import Closed, Message, Wire
from avsl.media import reading as here
from avsl.media import wav
from avsl.media.pulse import beating
from avsl.media.video import FileDecoder
from avsl.settings import Limits

BEAT_EVERY_S = 0.5


def serve(wire: Wire) -> None:
    """Answer the one request that comes on ``wire``."""
    wire.send(Message("ready"))
    answer(wire, wire.receive())


def answer(wire: Wire, asked: Message) -> None:
    """All that there is to say to one request, whatever happens on the way."""
    try:
        with beating(_beats(wire)):
            for told in JOBS[asked.kind](asked):
                wire.send(told)
        wire.send(Message("end"))
    except AvslError as error:
        wire.send(Message("refused", {"kind": type(error).__name__, "text": str(error)}))
    except MemoryError:
        wire.send(Message("overgrown"))
    except Closed:
        raise
    except Exception:  # whatever a decoder comes up with; our own bugs are told to the log
        wire.send(Message("failed", {"text": traceback.format_exc()[-4000:]}))


def _beats(wire: Wire) -> Callable[[], None]:
    last_s = time.monotonic()

    def beat() -> None:
        nonlocal last_s
        if time.monotonic() - last_s > BEAT_EVERY_S:
            wire.send(Message("beat"))
            last_s = time.monotonic()

    return beat


def _read(asked: Message) -> Iterator[Message]:
    path, sound, limits = _files(asked)
    clip = here.read(path, sound, limits)
    yield Message("clip", _facts(clip), [clip.waveform, *_picture_of(clip)])


def _facts(clip: Clip) -> dict:
    track = clip.soundtrack
    return {
        "duration_s": clip.duration_s,
        "notes": clip.notes,
        "digest": clip.digest,
        "digests": [file.sha256 for file in clip.files],
        "size": [clip.width, clip.height],
        "track": track and [track.stream_index, track.start_s, track.shifts],
        "moves": isinstance(_decoder(clip), FileDecoder),
    }


def _decoder(clip: Clip) -> object:
    return getattr(clip.source, "decode", None)  # a still picture has none


def _picture_of(clip: Clip) -> list[np.ndarray]:
    """Of a video its times and its sealed facts; of a picture all of it."""
    decoder = _decoder(clip)
    if isinstance(decoder, FileDecoder):
        sealed = np.frombuffer(pickle.dumps(decoder.video), np.uint8)
        return [clip.source.times_s, sealed]
    return [clip.frames(np.zeros(1))[0]]


def _stream(asked: Message) -> Iterator[Message]:
    path, _, limits = _files(asked)
    video = pickle.loads(asked.arrays[0].tobytes())  # sealed by another child
    width, height, gray = asked.told["size"]
    for place, frame in FileDecoder(path, video, limits)(width, height, gray):
        yield Message("frame", {"place": place}, [frame])


def _track(asked: Message) -> Iterator[Message]:
    path, _, _ = _files(asked)
    shifts = tuple(map(tuple, asked.told["shifts"]))
    rate_hz, channels, blocks = wav.opened(SoundTrack(path, asked.told["stream"], 0.0, shifts))
    yield Message("track", {"rate_hz": rate_hz, "channels": channels})
    for block in blocks:
        yield Message("block", {}, [block])


def _sound(asked: Message) -> Iterator[Message]:
    path, _, limits = _files(asked)
    waveform, notes = here.read_sound(path, limits)
    yield Message("sound", {"notes": notes}, [waveform])


def _picture(asked: Message) -> Iterator[Message]:
    path, _, limits = _files(asked)
    frame, notes = here.read_picture(path, asked.told["time_s"], limits)
    yield Message("picture", {"notes": notes}, [frame])


def _mask(asked: Message) -> Iterator[Message]:
    path, _, limits = _files(asked)
    yield Message("mask", {}, [here.read_mask(path, limits)])


# Each job calls this first: from then on the child can open nothing else.
def _files(asked: Message) -> tuple[Path, Path | None, Limits]:
    path, sound = Path(asked.told["path"]), asked.told.get("sound")
    sound = sound and Path(sound)
    only_read(path, *filter(None, [sound]))
    return path, sound, Limits(**asked.told["limits"])


JOBS = {
    "read": _read,
    "stream": _stream,
    "track": _track,
    "sound": _sound,
    "picture": _picture,
    "mask": _mask,
}
