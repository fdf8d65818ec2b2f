"""One pass over the packets of a file: its tracks, when each begins and ends, and where a clock
starts anew because recordings were joined.

Headers are hints: they estimate, they count unused tracks, and some clocks do not begin at zero. So
times come from the packets themselves; nothing is decoded here.
"""

from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from av.stream import Disposition, Stream

from avsl.media import container as media
from avsl.media.container import Shifts
from avsl.settings import Limits

JUMP_BACK_S = 0.5  # a clock that goes back this far has started anew
JUMP_AHEAD_S = 10.0  # and so has one that leaps this far ahead, if picture and sound leap together
TOGETHER_S = 5.0  # picture and sound of one recording start within this of each other
LONGEST_STEP_S = 1.0  # between two packets, for one to be taken for the length of the other
BESIDE = 50  # packets of one moment lie this close to each other in a file
NEW_FILE = (b"\x1aE\xdf\xa3", b"ftyp", b"FLV\1", b"WAVEfmt ")  # of Matroska, mp4, Flash, WAV
SEARCHED_BYTES = 8 << 20  # behind the last packet, for the beginning of another file
MOST_PARTS = 100  # more jumps than this are no joined recordings but a broken clock
FILM_SHARE = 0.2  # a video track with fewer frames than this share of the most is a picture
STATED_FORMATS = {"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "asf", "flv"}  # not estimated

_NOT_A_VIDEO = Disposition.attached_pic | Disposition.timed_thumbnails
_NOT_THE_SOUND = Disposition.comment | Disposition.visual_impaired | Disposition.karaoke


@dataclass
class Part:
    """A stretch of one track on one clock, in seconds of that clock."""

    first_packet: int  # of the track
    begun_at: int  # packets of the file before it
    leaps: bool = False  # the clock leapt ahead to get here
    start_s: float = float("inf")
    end_s: float = float("-inf")
    ticks: dict[int, int] = field(default_factory=dict)  # video: time of a frame -> its duration


@dataclass
class Track:
    """What the packets of one stream tell."""

    index: int
    kind: str  # "video", "audio", ...
    time_base_s: float
    codec: str  # "" where there is no decoder for it
    is_default: bool = False
    is_secondary: bool = False  # cover art, commentary
    width: int = 0
    height: int = 0
    channels: int = 0
    packets: int = 0
    shown: int = 0  # of a video track: packets that become frames on screen
    parts: list[Part] = field(default_factory=list)
    is_timed: bool = True  # every frame has a time of its own
    too_long: bool = False
    too_many: bool = False
    length_s: float = 0.0  # of all parts together
    _last_s: float | None = None  # decoding time of the packet before
    _due_s: float = 0.0  # when the next one is due
    _step_s: float = 0.0  # between the last two, for packets that do not tell how long they last
    _before_s: float = 0.0  # of those before the last

    @property
    def has_times(self) -> bool:
        return bool(self.parts) and self.parts[0].end_s >= self.parts[0].start_s

    def add(self, packet: av.Packet, place: int, limits: Limits) -> None:
        """Take note of the next packet, before which there are ``place`` others in the file."""
        leaps = self._follow_clock(packet)
        if not self.parts or (leaps is not None and len(self.parts) <= MOST_PARTS):
            self._before_s = self.length_s
            self.parts.append(Part(self.packets, place, bool(leaps)))
        part = self.parts[-1]
        shown = packet.dts if packet.pts is None else packet.pts
        if shown is not None:
            length_s = (packet.duration or 0) * self.time_base_s or self._step_s
            part.start_s = min(part.start_s, shown * self.time_base_s)
            part.end_s = max(part.end_s, shown * self.time_base_s + length_s)
        dropped = packet.is_discard and len(self.parts) == 1  # by an edit list
        if self.kind == "video" and not dropped and not _is_hidden(packet, self):
            if packet.pts is None or packet.pts in part.ticks:
                self.is_timed = False
            else:
                part.ticks[packet.pts] = packet.duration or 0
            self.shown += 1
        self.packets += 1
        self.length_s = self._before_s + max(0.0, part.end_s - part.start_s)
        self.too_long = self.length_s > limits.max_duration_s + media.DURATION_SLACK_S
        self.too_many = self.shown > limits.max_frames

    def _follow_clock(self, packet: av.Packet) -> bool | None:
        """Whether the clock leaps ahead (True) or back (False) to this packet; None: neither."""
        if packet.dts is None:  # presentation times go to and fro where frames are reordered
            return None
        time_s, before_s, due_s = packet.dts * self.time_base_s, self._last_s, self._due_s
        step_s = 0.0 if before_s is None else time_s - before_s
        if 0 < step_s < LONGEST_STEP_S:
            self._step_s = step_s
        length_s = (packet.duration or 0) * self.time_base_s or self._step_s
        self._last_s, self._due_s = time_s, time_s + length_s
        if before_s is not None and time_s > due_s + JUMP_AHEAD_S:
            return True
        return False if step_s < -JUMP_BACK_S else None


@dataclass(frozen=True)
class FileScan:
    """The tracks of a file, and which of them to show and to hear."""

    name: str
    video: Track | None
    sounds: tuple[Track, ...]  # the best first
    notes: tuple[str, ...]  # on the choice of the video track
    undecodable: frozenset[str]  # kinds of track ("video", "audio") without a decoder
    announced_s: float  # duration by the header; 0 where it states none
    found_s: float  # when the last packet of any track ends
    shifts: dict[int, Shifts]  # of each track in ``video`` and ``sounds``
    recordings: int  # that were joined
    unread: bool  # another recording follows that the demuxer does not get to

    def require_length(self, track: Track, limits: Limits) -> None:
        """Raises :class:`LimitError` for a track that is too long to be analysed."""
        if track.too_long:
            raise media.too_long(self.name, f"more than {limits.max_duration_s:g} s", limits)
        if track.too_many:
            raise media.too_many_frames(self.name, limits)

    def clock_notes(self) -> tuple[str, ...]:
        """Sentences on what is wrong with the times of the file as a whole."""
        notes = ()
        if self.recordings > 1:
            notes = (
                f"The clock of the file starts anew {self.recordings - 1} time(s), as where "
                f"recordings were joined; the {self.recordings} parts were put one after the "
                "other.",
            )
        if self.unread:
            notes += (
                "Another recording is joined to the end of the file and cannot be read in this "
                "format; only what comes before it was used.",
            )
        if notes:
            return notes
        slack_s = max(media.SHORTFALL_S, media.SHORTFALL * self.announced_s)
        if self.found_s < self.announced_s - slack_s:
            return (
                f"The file is cut off or damaged: it announces {self.announced_s:.1f} s, and "
                f"{self.found_s:.1f} s of it could be read.",
            )
        return ()


def scan(file: Path, limits: Limits) -> FileScan:
    """Read all packets of ``file``; stops early where all its tracks are too long."""
    with media.opened(file) as container:
        tracks = {stream.index: _track(stream) for stream in container.streams}
        read_to = 0
        pending = {t.index for t in tracks.values() if t.kind in ("video", "audio")}
        for place, packet in enumerate(media.packets(container)):
            read_to = max(read_to, (packet.pos or 0) + packet.size)
            track = tracks.get(packet.stream_index)
            if track is None or track.too_long or track.too_many:
                continue
            track.add(packet, place, limits)
            if track.too_long or track.too_many:
                pending.discard(track.index)
                if not pending:
                    break
        announced_s = 0.0
        if container.format.name in STATED_FORMATS:
            announced_s = (container.duration or 0) / av.time_base
    unread = bool(pending) and _begins_anew(file, read_to)
    return _choose(file.name, list(tracks.values()), announced_s, unread, limits)


def _begins_anew(file: Path, position: int) -> bool:
    """Whether another file begins behind ``position``."""
    with open(file, "rb") as stream:
        stream.seek(position)
        rest = stream.read(SEARCHED_BYTES)
    return position > 0 and any(beginning in rest for beginning in NEW_FILE)


def _track(stream: Stream) -> Track:
    codec = stream.codec_context
    secondary = {"video": _NOT_A_VIDEO, "audio": _NOT_THE_SOUND}.get(stream.type)
    return Track(
        index=stream.index,
        kind=stream.type,
        time_base_s=float(stream.time_base or 0),
        codec=codec.name if codec is not None else "",
        is_default=bool(stream.disposition & Disposition.default),
        is_secondary=bool(secondary and stream.disposition & secondary),
        width=codec.width if codec is not None and stream.type == "video" else 0,
        height=codec.height if codec is not None and stream.type == "video" else 0,
        channels=codec.channels if codec is not None and stream.type == "audio" else 0,
    )


def _is_hidden(packet: av.Packet, track: Track) -> bool:
    """VP8 stores reference frames that are never shown; a bit of the first byte says so."""
    return track.codec == "vp8" and not (memoryview(packet)[0] >> 4) & 1


def _choose(
    name: str, tracks: list[Track], announced_s: float, unread: bool, limits: Limits
) -> FileScan:
    video, notes = _choose_video([t for t in tracks if t.kind == "video" and t.codec])
    sounds = sorted(
        (t for t in tracks if t.kind == "audio" and t.codec),
        key=lambda t: (t.is_secondary, not t.is_default, -t.channels, t.index),
    )
    shifts: dict[int, Shifts] = {}
    for sound in reversed(sounds or [None]):  # the best sound has the last word on the picture
        video_shifts, sound_shifts = align(video, sound, limits)
        if video is not None:
            shifts[video.index] = video_shifts
        if sound is not None:
            shifts[sound.index] = sound_shifts
    ends_s = [max(t.length_s, t.parts[-1].end_s) for t in tracks if t.has_times]
    return FileScan(
        name=name,
        video=video,
        sounds=tuple(sounds),
        notes=notes,
        undecodable=frozenset(t.kind for t in tracks if not t.codec),
        announced_s=announced_s,
        found_s=max(ends_s, default=0.0),
        shifts=shifts,
        recordings=1 + max(map(len, shifts.values()), default=0),
        unread=unread,
    )


def _choose_video(candidates: list[Track]) -> tuple[Track | None, tuple[str, ...]]:
    """The film before any still picture beside it, then the default track, then the largest."""
    candidates = [track for track in candidates if not track.is_secondary]
    if not candidates:
        return None, ()
    most = max(track.shown for track in candidates)
    films = [track for track in candidates if track.shown >= FILM_SHARE * most]
    best = max(films, key=lambda t: (t.is_default, t.width * t.height, -t.index))
    if len(candidates) == 1:
        return best, ()
    return best, (
        f"The file holds {len(candidates)} video streams; the one of {best.width}x{best.height} "
        f"pixels and {best.shown} frame(s) was used (stream {best.index}).",
    )


def align(video: Track | None, sound: Track | None, limits: Limits) -> tuple[Shifts, Shifts]:
    """What to add to the times of two tracks so that joined recordings follow each other.

    Picture and sound of one recording keep their places to each other, so they stay in step. Where
    only one of the two jumps, its parts are put together by themselves; where only one leaps ahead,
    that is a gap and stays.
    """
    tracks = [each for each in (video, sound) if each is not None and each.has_times]
    runs = [track.parts for track in tracks]
    if not _jump_together(runs):
        runs = [_without_gaps(parts, limits.max_duration_s) for parts in runs]
    if _jump_together(runs):
        offsets_s = [_offsets(list(zip(*runs, strict=True)))] * 2
    else:
        offsets_s = [_offsets([(part,) for part in parts]) for parts in runs]
        for one, other in ((0, 1), (1, 0)):
            if len(runs) == 2 and len(runs[one]) == 1 < len(runs[other]):
                offsets_s[one] = [offsets_s[other][_begun(runs[other], runs[one][0].begun_at)]]
    shifts = {
        track.kind: tuple(
            (part.first_packet, round(offset_s / track.time_base_s))
            for part, offset_s in zip(parts, offsets, strict=True)
            if offset_s or part is not parts[0]
        )
        for track, parts, offsets in zip(tracks, runs, offsets_s, strict=True)
    }
    return shifts.get("video", ()), shifts.get("audio", ())


def _jump_together(runs: list[list[Part]]) -> bool:
    """Whether these are picture and sound, and both go over to another recording each time."""
    return (
        len(runs) == 2
        and len(runs[0]) == len(runs[1]) <= MOST_PARTS
        and all(abs(a.start_s - b.start_s) < TOGETHER_S for a, b in zip(*runs, strict=True))
    )


def _without_gaps(parts: list[Part], longest_s: float) -> list[Part]:
    """The parts, those after a gap of at most ``longest_s`` joined to the part before it."""
    merged = [parts[0]]
    for part in parts[1:] if len(parts) <= MOST_PARTS else ():
        if part.leaps and part.start_s - merged[-1].end_s <= longest_s:
            end_s = max(part.end_s, merged[-1].end_s)
            merged[-1] = replace(merged[-1], end_s=end_s)
        else:
            merged.append(part)
    return merged


def _begun(parts: list[Part], place: int) -> int:
    """Which part has begun for good at a ``place`` in the file."""
    return sum(part.begun_at <= place + BESIDE for part in parts[1:])


def _offsets(recordings: list[tuple[Part, ...]]) -> list[float]:
    """Seconds to add to the parts of each recording, for it to begin where the one before ends."""
    offsets_s = [0.0]
    for before, after in pairwise(recordings):
        end_s = offsets_s[-1] + max(part.end_s for part in before)
        offsets_s.append(end_s - min(part.start_s for part in after))
    return offsets_s


def shown_ticks(track: Track, shifts: Shifts) -> tuple[np.ndarray, int]:
    """When each frame of a timed video track appears, in ticks (F,) int64, rising, and how many
    ticks the last one lasts (0: unknown).
    """
    ticks: dict[int, int] = {}
    for part in track.parts:
        shift = next((by for first, by in reversed(shifts) if first <= part.first_packet), 0)
        ticks |= {time + shift: duration for time, duration in part.ticks.items()}
    last = max(ticks)
    return np.array(sorted(ticks), np.int64), ticks[last]
