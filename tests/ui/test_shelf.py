"""Variants shared by all sessions: loaded once, lent one by one, and what if they cannot be had."""

import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest

from avsl.errors import Cancelled, WeightsError
from avsl.localizer import Localizer
from avsl.media import output_rate_hz, write_video
from avsl.progress import no_progress
from avsl.ui import copy, views
from avsl.ui.handlers import Api, moment
from avsl.ui.jobs import Line, Run, Workspace
from avsl.ui.page import VIDEO, Page
from avsl.ui.shelf import Shelf
from avsl.variants import State, cards
from tests.support import CornerVariant, tone_clip

pytest_plugins = ["tests.hub_endpoint"]

HERE = SimpleNamespace(host="127.0.0.1")
ANNA = SimpleNamespace(session_hash="anna", client=HERE)
BOB = SimpleNamespace(session_hash="bob", client=HERE)
SOON_S = 5.0


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "tone.mp4"
    source = tone_clip(1.0)
    write_video(path, (frame for _, frame in source.stream()), output_rate_hz(source), source)
    return path


class Network(CornerVariant):
    """Remembers features, so two runs at once would mix; notices when that happens."""

    def __init__(self) -> None:
        super().__init__()
        self.at_once, self.most_at_once = 0, 0

    def encode_frames(self, frames):
        """What tells the shelf that this one keeps features."""

    def localize(self, clip, times_s, progress=no_progress):
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(0.3)
        self.at_once -= 1
        return super().localize(clip, times_s, progress)


class Loader:
    """Stands in for loading: takes its time, tells how far it is, and counts."""

    def __init__(self, variant, seconds: float = 0.5, deaf: bool = False) -> None:
        self.variant, self.seconds, self.deaf = variant, seconds, deaf
        self.calls, self.stopped = 0, 0

    def __call__(self, name, progress):
        self.calls += 1
        progress(0.0, "looking for the file")
        until_s = time.monotonic() + self.seconds
        while time.monotonic() < until_s:
            time.sleep(0.02)
            if not self.deaf:  # as while a server does not answer
                self._tell(progress)
        return self.variant

    def _tell(self, progress) -> None:
        try:
            progress(0.4, "downloading file.pt (12 of 29 MB)")
        except Cancelled:
            self.stopped += 1
            raise


class Told(list):
    """A progress callback that remembers the stages, and stops when asked."""

    stop = False

    def __call__(self, fraction: float, stage: str) -> None:
        self.append(stage)
        if self.stop:
            raise Cancelled


def in_threads(*jobs) -> list[threading.Thread]:
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    return threads


def joined(threads) -> None:
    for thread in threads:
        thread.join(SOON_S)
        assert not thread.is_alive()


def silent_bar(fraction, desc):
    """Stands in for gradio's progress bar."""


# --- one of each ---


def test_two_jobs_at_once_share_one_load_and_take_turns(tmp_path, clip):
    network = Network()
    loader = Loader(network)
    api = Api(Workspace(tmp_path, Line(slots=3), Shelf(loader)))
    summaries, bars = [], [Told(), Told()]

    def job(who, bar) -> None:
        report = api.localize(str(clip), variant="net", request=who, progress=bar_of(bar))[2]
        summaries.append(report["summary"])

    joined(in_threads(lambda: job(ANNA, bars[0]), lambda: job(BOB, bars[1])))
    assert (loader.calls, network.calls, network.most_at_once) == (1, 2, 1)
    assert len(summaries) == 2
    assert all("downloading file.pt (12 of 29 MB)" in bar for bar in bars)
    assert copy.STAGE_LENT in bars[0] + bars[1]
    job(ANNA, Told())
    assert loader.calls == 1


def bar_of(told: Told):
    return lambda fraction, desc: told(fraction, desc)


def test_a_variant_without_features_serves_many_at_once():
    shelf = Shelf(Loader(CornerVariant(), 0.0))
    one = shelf.wait("corner", no_progress)
    assert shelf.take("corner") is one
    shelf.give_back("corner")
    network = Shelf(Loader(Network(), 0.0))
    network.wait("net", no_progress)
    assert network.take("net") is None
    network.give_back("net")
    assert network.take("net")


def test_waiting_for_a_variant_leaves_the_place_at_work_to_others(tmp_path, clip):
    corner, loader = CornerVariant(), Loader(Network(), 60.0)
    shelf = Shelf(lambda name, progress: loader(name, progress) if name == "net" else corner)
    workspace = Workspace(tmp_path, Line(slots=1), shelf)
    api = Api(workspace)

    def download() -> None:
        with pytest.raises(gr.Error):
            api.localize(str(clip), variant="net", request=ANNA, progress=silent_bar)

    threads = in_threads(download)
    wait_until(lambda: loader.calls)
    assert api.localize(str(clip), variant="corner", request=BOB, progress=silent_bar)[1]
    workspace.stop("anna")
    joined(threads)
    wait_until(lambda: loader.stopped)


def wait_until(true) -> None:
    deadline = time.monotonic() + SOON_S
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert true()


def test_standing_aside_keeps_the_number_at_work():
    line, first, second = Line(slots=1), Run(no_progress), Run(no_progress)
    order, working = [], threading.Event()

    def other() -> None:
        with line.turn(second):
            working.set()
            time.sleep(0.2)
            order.append("second")

    with line.turn(first):
        threads = in_threads(other)
        with line.aside(first):
            assert working.wait(SOON_S)
        order.append("first")
    joined(threads)
    assert order == ["second", "first"]


# --- stopping ---


def test_who_stops_waiting_does_not_stop_the_others():
    loader, impatient, patient = Loader(Network(), 0.6), Told(), Told()
    shelf, got = Shelf(loader), []

    def give_up() -> None:
        with pytest.raises(Cancelled):
            shelf.wait("net", impatient)

    threads = in_threads(give_up, lambda: got.append(shelf.wait("net", patient)))
    wait_until(lambda: patient and impatient)
    impatient.stop = True
    joined(threads)
    assert got == [loader.variant]
    assert (loader.calls, loader.stopped) == (1, 0)


def test_a_server_that_does_not_answer_holds_nobody():
    loader, told = Loader(Network(), 1.0, deaf=True), Told()
    shelf = Shelf(loader)

    def give_up() -> None:
        with pytest.raises(Cancelled):
            shelf.wait("net", told)

    threads = in_threads(give_up)
    wait_until(lambda: "looking for the file" in told)
    started = time.monotonic()
    told.stop = True
    joined(threads)
    assert time.monotonic() - started < 0.5
    assert shelf.wait("net", no_progress) is loader.variant  # joins the load that goes on
    assert loader.calls == 1


def test_after_a_stop_the_next_wait_loads_anew():
    loader, told = Loader(Network(), 0.5), Told()
    shelf = Shelf(loader)
    told.stop = True
    with pytest.raises(Cancelled):
        shelf.wait("net", told)
    wait_until(lambda: loader.stopped)
    assert shelf.wait("net", no_progress) is loader.variant
    assert loader.calls == 2


# --- what cannot be had ---


def test_a_failed_load_is_told_to_all_who_wait_and_tried_again():
    missing = WeightsError("file.pt is not on this machine.")
    fails = [missing, None]

    def load(name, progress):
        time.sleep(0.2)
        if error := fails.pop(0):
            raise error
        return CornerVariant()

    shelf, errors = Shelf(load), []

    def job() -> None:
        with pytest.raises(WeightsError) as caught:
            shelf.wait("net", no_progress)
        errors.append(caught.value)

    joined(in_threads(job, job))
    assert errors == [missing, missing]
    assert shelf.wait("net", no_progress)


def test_offline_acl_says_what_is_missing_and_sync_works(hub, tmp_path, clip):
    hub.down()
    page = Page(Workspace(tmp_path / "work"))
    files = {"path": str(clip)}, None, None, None
    with pytest.warns(UserWarning):  # gradio's toast, outside a server
        *_, end = page.run(VIDEO, *files, "acl", "heat", 0.7, False, ANNA, silent_bar)
    told = end["status"]["value"]
    assert 'role="alert"' in told
    assert "config.json" in told
    assert str(tmp_path / "weights") in told
    assert "<code>hf download CIDAS/clipseg-rd64-refined config.json" in told
    assert end["run"]["interactive"] is True
    *_, end = page.run(VIDEO, *files, "sync", "heat", 0.7, False, ANNA, silent_bar)
    assert Path(end["video"]["value"]).exists()
    with pytest.raises(gr.Error, match=r"config\.json.* is not on this machine"):
        Api(page.workspace).localize(
            str(clip), variant="acl", request=ANNA, progress=silent_bar
        )  # fmt: skip


def test_the_card_says_its_state_size_and_licence(hub):
    first, acl, *_ = cards()
    assert (first.name, first.state, acl.name) == ("sync", State.READY, "acl")
    assert acl.state is State.NEEDS_DOWNLOAD
    told = Page(Workspace("unused")).card("acl")
    assert all(words in told for words in ("needs a download", "603 MB", "362 MB", "without a lic"))
    ready = views.card(replace(acl, state=State.READY))
    assert "ready" in ready
    assert "603 MB" not in ready


# --- names of sounds ---


class Namer(CornerVariant):
    """Names the sound in the first half of the clip."""

    def localize(self, clip, times_s, progress=no_progress):
        named = tuple("Dog & bark" if time_s < 0.5 else "" for time_s in times_s)
        return replace(super().localize(clip, times_s), labels=named)


def test_a_sound_without_a_name_is_a_sound():
    found = Localizer(Namer()).run(tone_clip(1.0))
    named, unnamed = views.moment(found, 0, 0.5), views.moment(found, 9, 0.5)
    assert "<dt>heard</dt><dd>Dog &amp; bark</dd>" in named
    assert "<dt>heard</dt><dd>sound</dd>" in unnamed
    assert [moment(found, index, None)["heard"] for index in (0, 9)] == ["Dog & bark", "sound"]
    assert copy.moment_words("sounding here", "", ["left"], 1.0) == "At 1.0 s: sounding here, left."
    nameless = Localizer(CornerVariant()).run(tone_clip(1.0))
    assert "heard" not in views.moment(nameless, 0, 0.5)
    assert np.all([nameless.heard(index) == "sound" for index in range(10)])


def test_what_could_not_be_loaded_is_known_until_it_could_be():
    """Whoever stopped waiting for it meanwhile says nothing of it."""
    ends = [KeyError("a bug"), Cancelled(), KeyError("again"), None]

    def load(name, progress):
        if (end := ends.pop(0)) is not None:
            raise end
        return CornerVariant()

    shelf, known = Shelf(load), []
    while ends:
        with suppress(KeyError):
            shelf.load("corner", no_progress)
        known.append(shelf.failed())
    assert known == [["corner"], ["corner"], ["corner"], []]
