"""The example clips: short scenes made by the project itself, with exact truth.

Each is a function of its seed; seeds vary looks, places and rhythms. Every sound of a source in
view is seen in its motion; everything else that moves has a rhythm of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from avsl import media
from avsl.clip import Clip
from avsl.errors import SettingError
from avsl.settings import SAMPLE_RATE_HZ
from avsl.synthetic import sounds
from avsl.synthetic.actors import Ball, Bell, Bird, Drum, Face, Frog, Pendulum, Pinwheel
from avsl.synthetic.backdrops import Palette, meadow, room, some_palette
from avsl.synthetic.motion import Note, rhythm
from avsl.synthetic.scenes import (
    FPS_HZ,
    HEIGHT,
    MARGIN,
    WIDTH,
    Actor,
    Camera,
    Stage,
    handheld,
    tripod,
)
from avsl.synthetic.truth import Source, Truth, audible_spans

ROOM_DBFS = -76.0  # the faint noise under everything: inaudible to the loudness gate
MOST_LEVEL = 0.7  # the largest sample of every clip
GROUND_Y = 268.0  # where the wall ends and the floor begins, in the frame


@dataclass(frozen=True)
class ExampleCard:
    """What the app says about an example."""

    name: str  # what :func:`make` takes
    title: str
    summary: str  # one line: what to look for


@dataclass(frozen=True, eq=False)
class Example:
    """A generated clip and what is true of it."""

    clip: Clip
    truth: Truth


@dataclass(eq=False)
class Play:
    """A scene being put together: a stage of actors, and the sound track of each source."""

    rng: np.random.Generator
    duration_s: float
    palette: Palette
    background: np.ndarray
    camera: Camera = tripod
    actors: list[Actor] = field(default_factory=list)
    tracks: dict[str, np.ndarray] = field(default_factory=dict)  # source -> (S,) float32

    def track(self, source: str) -> np.ndarray:
        """A fresh silent track (S,) for that source; lay sounds on it."""
        return self.tracks.setdefault(source, self.silence())

    def silence(self) -> np.ndarray:
        return np.zeros(round(self.duration_s * SAMPLE_RATE_HZ), np.float32)


def examples() -> list[ExampleCard]:
    """Every example, in the order in which the app offers them."""
    return [card for card, _ in _EXAMPLES.values()]


def make(name: str, seed: int = 0) -> Example:
    """Generate the example called ``name``: always the same clip for the same seed.

    Raises :class:`SettingError` with the known names.
    """
    if name not in _EXAMPLES:
        raise SettingError(f"There is no example called {name!r}. Known: {', '.join(_EXAMPLES)}.")
    order = list(_EXAMPLES).index(name)
    play = _EXAMPLES[name][1](np.random.default_rng([order, seed]))
    stage = Stage(play.background, play.actors, play.camera)
    tracks, waveform = _mixed(play)
    times_s = np.arange(round(play.duration_s * FPS_HZ)) / FPS_HZ
    clip = Clip.from_arrays(stage.frames(times_s, play.rng), FPS_HZ, waveform, name=name)
    seen = {actor.name for actor in play.actors}
    sources = tuple(
        Source(
            source, audible_spans(track), source in seen, _mask_on_screen(stage, source, times_s)
        )
        for source, track in tracks.items()
    )
    return Example(clip, Truth(sources, WIDTH, HEIGHT))


def ensure_example(name: str, folder: Path | str, seed: int = 0) -> Path:
    """The example's mp4 in ``folder``, generated and written on first use.

    Raises :class:`SettingError` for an unknown name, :class:`StorageError` if it cannot be
    written.
    """
    path = Path(folder) / f"{name}-{seed}.mp4"
    if not path.exists():
        clip = make(name, seed).clip
        media.write_video(path, media.constant_rate(clip, FPS_HZ), FPS_HZ, clip)
    return path


def _mixed(play: Play) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Each source's track at its level in the mix, and the mix (S,) float32 with room noise."""
    mix = np.sum(list(play.tracks.values()), axis=0)
    gain = np.float32(MOST_LEVEL / np.abs(mix).max())
    noise = sounds.room_noise(play.rng, len(mix), ROOM_DBFS)
    return {source: gain * track for source, track in play.tracks.items()}, gain * mix + noise


def _mask_on_screen(
    stage: Stage, source: str, times_s: np.ndarray
) -> Callable[[float], np.ndarray]:
    def mask(time_s: float) -> np.ndarray:
        shown = int(
            np.clip(np.searchsorted(times_s, time_s + 1e-9, "right") - 1, 0, len(times_s) - 1)
        )
        return stage.mask(source, float(times_s[shown]))

    return mask


def _indoors(rng: np.random.Generator, duration_s: float) -> Play:
    palette = some_palette(rng)
    size = (WIDTH + 2 * MARGIN, HEIGHT + 2 * MARGIN)
    return Play(rng, duration_s, palette, room(rng, palette, *size, round(GROUND_Y) + MARGIN))


def _outdoors(rng: np.random.Generator, duration_s: float) -> Play:
    palette = some_palette(rng)
    size = (WIDTH + 2 * MARGIN, HEIGHT + 2 * MARGIN)
    return Play(
        rng, duration_s, palette, meadow(rng, palette, *size, round(GROUND_Y) - 14 + MARGIN)
    )


def _lay_hits(
    play: Play,
    track: np.ndarray,
    onsets: np.ndarray,
    sound: Callable[[np.random.Generator, float], np.ndarray],
    pitch_hz: float,
) -> None:
    """Lay one hit of varying strength at every onset."""
    for onset in onsets:
        sounds.lay(track, onset, sound(play.rng, pitch_hz), play.rng.uniform(0.65, 1.0))


def _silent_mover(play: Play, kind: int, x: float) -> Actor:
    """A frog, a pinwheel or a pendulum at ``x`` with an irregular or even rhythm of its own."""
    rng, name = play.rng, f"silent {('frog', 'pinwheel', 'pendulum')[kind]}"
    if kind == 0:
        jumps = rhythm(rng, rng.uniform(0.2, 0.9), play.duration_s, 0.6, 1.3)
        return Frog(name, (x, GROUND_Y + 52), play.palette, jumps)
    if kind == 1:
        gust_times = rhythm(rng, rng.uniform(-0.5, 0.5), play.duration_s, 0.5, 1.2)
        return Pinwheel(name, (x, GROUND_Y + 44), play.palette, gust_times)
    return Pendulum(name, (x, 92), play.palette, rng.uniform(0.75, 0.95), rng.uniform(0, 6.3))


def _bell_and_friend(rng: np.random.Generator) -> Play:
    play = _indoors(rng, 9.0)
    bell_x, other_x = rng.permutation([rng.uniform(140, 190), rng.uniform(450, 500)])
    onsets = rhythm(rng, rng.uniform(0.3, 0.6), 8.6, 0.38, 1.05)
    _lay_hits(play, play.track("bell"), onsets, sounds.bell, rng.uniform(480, 900))
    play.actors = [
        Bell("bell", (bell_x, GROUND_Y + 48), play.palette, onsets),
        _silent_mover(play, int(rng.integers(3)), other_x),
    ]
    return play


def _taking_turns(rng: np.random.Generator) -> Play:
    play = _outdoors(rng, 11.6)
    beats = rhythm(rng, rng.uniform(0.3, 0.5), 4.7, 0.24, 0.62)
    chirps = _bird_song(rng, 6.2, 11.3)
    _lay_hits(play, play.track("drum"), beats, sounds.drum, rng.uniform(110, 170))
    pitch_hz = rng.uniform(2400, 3600)
    for note in chirps:
        sounds.lay(play.track("bird"), note.start_s, sounds.chirp(rng, note, pitch_hz), 0.6)
    hops = rhythm(rng, rng.uniform(0.5, 1.0), 5.2, 0.7, 1.7)
    play.actors = [
        Drum("drum", (rng.uniform(150, 190), GROUND_Y + 50), play.palette, beats),
        Bird("bird", (rng.uniform(450, 490), GROUND_Y + 46), play.palette, chirps, hops, rng, 1.08),
    ]
    return play


def _bird_song(rng: np.random.Generator, start_s: float, end_s: float) -> list[Note]:
    """Short phrases of one to three chirps with irregular gaps."""
    notes = []
    for onset in rhythm(rng, start_s, end_s - 0.4, 0.48, 0.8):
        time_s = onset
        for _ in range(int(rng.integers(1, 3))):
            note = Note(time_s, rng.uniform(0.11, 0.19), rng.uniform(0.7, 1.0))
            notes.append(note)
            time_s = note.end_s + rng.uniform(0.04, 0.09)
    return notes


def _not_in_view(rng: np.random.Generator) -> Play:
    play = _indoors(rng, 9.0)
    sound, low_hz, high_hz = (
        (sounds.knock, 170, 260),
        (sounds.pluck, 150, 330),
        (sounds.hoot, 300, 420),
        (sounds.bell, 500, 900),
    )[rng.integers(4)]
    onsets = rhythm(rng, rng.uniform(0.4, 0.9), 8.7, 0.35, 1.1)
    _lay_hits(play, play.track("someone outside"), onsets, sound, rng.uniform(low_hz, high_hz))
    places = (rng.uniform(120, 180), rng.uniform(290, 350), rng.uniform(460, 520))
    play.actors = [
        _silent_mover(play, int(kind), x)
        for kind, x in zip(rng.permutation(3), places, strict=True)
    ]
    return play


def _talking(rng: np.random.Generator) -> Play:
    play = _indoors(rng, 10.0)
    left = bool(rng.random() < 0.5)
    notes = _speech(rng, rng.uniform(0.3, 0.6), 9.6)
    pitch_hz = rng.uniform(100, 230)
    for note in notes:
        sounds.lay(play.track("speaker"), note.start_s, sounds.syllable(rng, note, pitch_hz))
    chews = rhythm(rng, 0.4, 10.0, 0.38, 0.75)
    speaker_x, other_x = (190.0, 450.0) if left else (450.0, 190.0)
    coats = rng.permutation(3)
    play.actors = [
        Face(
            "speaker", (speaker_x, HEIGHT), play.palette, coats[0], notes, np.array([]), rng, 1.08
        ),
        Face("silent chewer", (other_x, HEIGHT), play.palette, coats[1], [], chews, rng, 1.08),
    ]
    return play


def _speech(rng: np.random.Generator, start_s: float, end_s: float) -> list[Note]:
    """Phrases of three to seven syllables of uneven length and stress, with pauses."""
    notes, time_s = [], start_s
    while time_s < end_s - 0.35:
        for _ in range(int(rng.integers(3, 8))):
            note = Note(time_s, rng.uniform(0.14, 0.32), rng.uniform(0.45, 1.0))
            if note.end_s > end_s:
                break
            notes.append(note)
            time_s = note.end_s + rng.uniform(0.0, 0.06)
        time_s += rng.uniform(0.3, 0.75)
    return notes


def _bouncing(rng: np.random.Generator) -> Play:
    play = _outdoors(rng, 10.0)
    rightward = bool(rng.random() < 0.5)
    bounces = rhythm(rng, -0.4, 11.0, 0.38, 0.78)
    heard = bounces[(bounces > 0) & (bounces < 9.8)]
    _lay_hits(play, play.track("ball"), heard, sounds.thud, rng.uniform(95, 150))
    speed = rng.uniform(40, 47) * (1 if rightward else -1)
    start = 320 - 5 * speed
    ball = Ball("ball", play.palette, GROUND_Y + 58, start, speed, bounces)
    other = _silent_mover(play, int(rng.integers(2)), rng.uniform(240, 400))
    play.actors = [other, ball]
    play.camera = handheld(rng, play.duration_s, rng.uniform(-50, 50), rng.uniform(1.0, 2.2))
    return play


_EXAMPLES: dict[str, tuple[ExampleCard, Callable[[np.random.Generator], Play]]] = {
    card.name: (card, build)
    for card, build in (
        (
            ExampleCard(
                "bell",
                "A bell and a silent companion",
                "Both move all the time; only the bell is heard, and only it should light up.",
            ),
            _bell_and_friend,
        ),
        (
            ExampleCard(
                "turns",
                "Taking turns",
                "A drum, a pause, then a bird: the light should follow, and rest in between.",
            ),
            _taking_turns,
        ),
        (
            ExampleCard(
                "offscreen",
                "Out of view",
                "Three silent toys move; the sound comes from elsewhere: nothing should light up.",
            ),
            _not_in_view,
        ),
        (
            ExampleCard(
                "talk",
                "Who is talking?",
                "Two faces move their mouths: one speaks, the other only chews.",
            ),
            _talking,
        ),
        (
            ExampleCard(
                "ball",
                "A ball on the move",
                "It crosses the picture before a moving camera; a toy beside it moves in silence.",
            ),
            _bouncing,
        ),
    )
}
