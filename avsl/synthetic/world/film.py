"""Scenes in time: objects that move with their sound, or mime without one; cuts and cameras."""

from dataclasses import dataclass, field, replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from avsl.clip import Clip
from avsl.synthetic.world.backdrop import backdrops
from avsl.synthetic.world.dials import MOST_OBJECTS
from avsl.synthetic.world.draws import Draws
from avsl.synthetic.world.events import Events, cycle, draw_events, drive, heard_at
from avsl.synthetic.world.hearing import waveforms
from avsl.synthetic.world.looks import sprites
from avsl.synthetic.world.picture import compose, seen
from avsl.synthetic.world.scenes import Placing, Scenes, draw_placing
from avsl.synthetic.world.world import SPRITE_SHARE, World

FRAMES_AT_ONCE = 16
SPANS = 2  # times at most that a source is on
SHORTEST_SPAN_S = 1.4
DRIFT = 0.02  # of the picture's side a second, deviation
SWAY = 0.015  # of the side


@dataclass(frozen=True, eq=False)
class Film:
    """One scene over T frames, and what is true of it."""

    frames: Tensor  # (T, 3, px, px) float32 in [0, 1]
    fps_hz: float
    waveform: Tensor  # (S,) float32 in [-1, 1], 16 kHz
    masks: Tensor  # (T, N, px, px) bool: the pixels that show each object
    on: Tensor  # (T, N + 1) bool: what is heard in each frame; the last is out of view
    cuts_s: tuple[float, ...]
    scene: Scenes  # of one

    @property
    def times_s(self) -> np.ndarray:
        """(T,) float64: when each frame appears."""
        return np.arange(len(self.frames)) / self.fps_hz

    @property
    def truth(self) -> Tensor:
        """(T, px, px) bool: the pixels of everything in view that is heard at that moment."""
        return (self.masks & self.on[:, :-1, None, None]).any(1)

    def clip(self, name: str) -> Clip:
        """As the library takes it in."""
        frames = (self.frames * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
        return Clip.from_arrays(frames, self.fps_hz, self.waveform.cpu().numpy(), name=name)


@dataclass(frozen=True)
class Cinema:
    """A world in time."""

    world: World = field(default_factory=lambda: World(duration_s=8.0, px=192))
    fps_hz: float = 20.0
    cuts: float = 0.0  # chance of a cut to another view of the same things
    camera: float = 0.03  # how far a camera wanders, in shares of the picture's side
    always_on: float = 0.3  # chance that a source is on from start to end

    @torch.no_grad()
    def film(self, stream: str, seed: int, index: int) -> Film:
        """Scene ``index`` of ``stream`` in motion."""
        return self.shoot(self.world.scenes(stream, seed, torch.tensor([index])))

    @torch.no_grad()
    def shoot(self, scene: Scenes) -> Film:
        """A scene drawn before, in motion; ``sounding`` may have been changed."""
        world, device = self.world, scene.classes.device
        times = torch.arange(round(world.duration_s * self.fps_hz), device=device) / self.fps_hz
        events = self._events(scene)
        sound = waveforms(scene, events, world.difficulty, world.duration_s)[0]
        moved = drive(events[0], scene.classes[0], times)
        turned = cycle(scene.objects[0], moved, times)
        cut = self._cut(scene)
        shot = (times >= cut).long() if cut is not None else torch.zeros_like(times).long()
        frames, masks = self._frames(scene, times, moved, turned, shot)
        on = (heard_at(events[0], times) & scene.sounding[0][:, None]).T
        cuts = () if cut is None else (float(times[shot == 1][0]),)
        return Film(frames, self.fps_hz, sound, masks, on, cuts, scene)

    def _events(self, scene: Scenes) -> Events:
        """Of every slot, (1, N + 1, E): one or two spans, each filled with the class's rhythm."""
        objects, duration_s = scene.objects.flatten(), self.world.duration_s
        cut_points = objects.uniform("spans", 2 * SPANS).sort(dim=1).values
        free = duration_s - SPANS * SHORTEST_SPAN_S - 0.8
        edges = 0.1 + cut_points * free
        # on, off, on, off: no span is shorter than the shortest, no pause than a third of it
        extra = torch.tensor([0.0, 1.0, 1.35, 2.35], device=edges.device) * SHORTEST_SPAN_S
        edges = (edges + extra).clamp(max=duration_s - 0.05)
        whole = objects.chance("always on", self.always_on)
        edges[:, 0] = torch.where(whole, 0.05, edges[:, 0])
        edges[:, 1] = torch.where(whole, duration_s - 0.1, edges[:, 1])
        spans = []
        for span in range(SPANS):
            start, end = edges[:, 2 * span], edges[:, 2 * span + 1]
            off = whole & (span > 0)
            part = draw_events(
                scene.classes.flatten(), objects.of_each("span", SPANS)[:, span], start, end
            )
            spans.append(replace(part, level=part.level * ~off[:, None]))
        joined = (
            torch.cat([getattr(part, name) for part in spans], dim=1)
            for name in ("onset_s", "duration_s", "level")
        )
        return Events(*joined).unflatten(scene.classes.shape)

    def _cut(self, scene: Scenes) -> float | None:
        draws = scene.draws
        if not bool(draws.chance("cut", self.cuts)):
            return None
        return float(draws.uniform("cut at", low=0.35, high=0.65)) * self.world.duration_s

    def _frames(
        self, scene: Scenes, times: Tensor, moved: Tensor, turned: Tensor, shot: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Frames (T, 3, px, px) and masks (T, N, px, px); ``shot`` (T,) says of which view."""
        world, looks = self.world, self.world.looks(scene)
        slots = torch.nonzero(scene.in_view[0, :-1])[:, 0]
        side = round(SPRITE_SHARE * world.px)
        views = [_View.of(scene, self, number) for number in range(int(shot.max()) + 1)]
        sensors = scene.draws.of_each("frame", len(times)).flatten()
        frames, masks = [], []
        for view, part in _pieces(shot):
            count = len(times[part])
            which = torch.arange(len(slots), device=times.device).repeat(count)
            small = sprites(
                looks[which], moved[slots, part].T.flatten(), turned[slots, part].T.flatten(), side
            )
            ground, placing = views[view].at(times[part])
            in_view = scene.in_view[:, :-1].expand(count, -1)
            picture, shown = compose(ground, small, in_view, placing)
            lens = Draws(scene.draws.keys.expand(count))
            frames.append(seen(picture, lens, world.difficulty, sensors[part]))
            masks.append(shown > 0.5)
        return torch.cat(frames), torch.cat(masks)


def _pieces(shot: Tensor) -> list[tuple[int, slice]]:
    """Frames in runs of at most FRAMES_AT_ONCE, none across a cut: (view, frames)."""
    pieces, first = [], 0
    while first < len(shot):
        view = int(shot[first])
        same = int((shot[first:] == view).sum())
        last = first + min(same, FRAMES_AT_ONCE)
        pieces.append((view, slice(first, last)))
        first = last
    return pieces


@dataclass(frozen=True, eq=False)
class _View:
    """One camera's view of a scene between cuts."""

    ground: Tensor  # (1, 3, P, P), wider than the picture by the camera's reach
    placing: Placing  # (1, N, ...)
    drift: Tensor  # (N, 2) shares of the side a second
    sway: Tensor  # (N, 2, 2): how fast and from where objects sway, in turns a second and turns
    pan: Tensor  # (3, 2, 2): the same of the camera's three waves
    reach: float
    duration_s: float
    px: int

    @classmethod
    def of(cls, scene: Scenes, cinema: Cinema, number: int) -> "_View":
        world = cinema.world
        objects = scene.draws.of_each(f"motion {number}", MOST_OBJECTS)[0]
        camera = scene.draws.of_each(f"camera {number}", 3)[0]
        wide = round(world.px * (1 + 2 * cinema.camera))
        return cls(
            ground=backdrops(
                scene.draws.of_each("view", number + 1)[:, -1], world.difficulty, wide
            ),
            placing=draw_placing(scene, world.difficulty, f"view {number}"),
            drift=DRIFT * objects.normal("drift", 2),
            sway=torch.stack(
                [objects.uniform("sway", 2, low=0.1, high=0.5), objects.uniform("from", 2)], -1
            ),
            pan=torch.stack(
                [camera.uniform("pan", 2, low=0.05, high=0.35), camera.uniform("from", 2)], -1
            ),
            reach=cinema.camera,
            duration_s=world.duration_s,
            px=world.px,
        )

    def at(self, times: Tensor) -> tuple[Tensor, Placing]:
        """Backdrops (T, 3, px, px) and places (T, N, ...) at times (T,)."""
        pan = self.reach * _waves(self.pan, times).mean(0)  # (T, 2)
        middle = times - self.duration_s / 2
        moved = self.drift[:, None] * middle[:, None] + SWAY * _waves(self.sway, times)
        centre = self.placing.centre + moved.transpose(0, 1) + pan[:, None]
        count = len(times)
        placing = Placing(
            centre, self.placing.size.expand(count, -1), self.placing.angle.expand(count, -1)
        )
        share = self.px / self.ground.shape[-1]
        theta = torch.zeros(count, 2, 3, device=times.device)
        theta[:, 0, 0] = theta[:, 1, 1] = share
        theta[:, :, 2] = -2 * pan * share
        places = F.affine_grid(theta, (count, 3, self.px, self.px), align_corners=False)
        ground = self.ground.expand(count, -1, -1, -1)
        return F.grid_sample(ground, places, align_corners=False, padding_mode="border"), placing


def _waves(rates_and_starts: Tensor, times: Tensor) -> Tensor:
    """Sines (..., 2) of given rate and start (..., 2, 2) at times (T,): (..., T, 2)."""
    rate, start = rates_and_starts.unbind(-1)
    return torch.sin(2 * torch.pi * (rate[..., None, :] * times[:, None] + start[..., None, :]))
