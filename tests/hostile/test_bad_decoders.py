"""A decoder that crashes, hangs, swells or lies costs its job one sentence and the app nothing."""

import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from avsl import media
from avsl.errors import Cancelled, LimitError, MediaError
from avsl.media.wav import original_sound
from avsl.progress import no_progress, watched
from avsl.settings import LIMITS
from avsl.ui.handlers import Wish, localized
from avsl.ui.jobs import Workspace
from tests.isolation.test_isolation import children_of
from tests.media.making import clicks, flash_frames, make

TIMES_S = np.arange(20) / 20


@pytest.fixture
def clip(tmp_path):
    return make(tmp_path / "clip.mp4", flash_frames(TIMES_S, [0.4]), TIMES_S, clicks(1.0, [0.4]))


@pytest.mark.parametrize(
    ("deed", "kind", "words"),
    [
        ("segv", MediaError, "its decoder crashed on it"),
        ("abort", MediaError, "its decoder crashed on it"),
        ("garble", MediaError, "its decoder crashed on it"),
        ("pickle", MediaError, "its decoder crashed on it"),
        ("lie", MediaError, "its decoder crashed on it"),
        ("stumble", MediaError, "something that this program does not know"),
        ("hang", MediaError, "did nothing for 1 s"),
        ("spin", LimitError, "more than 1 s of computing"),
        ("grow", LimitError, "more than the 200 MB of memory"),
    ],
)
def test_one_sentence_and_the_next_file_is_read(deed, kind, words, deeds, clip, tmp_path):
    limits = replace(LIMITS, max_decoder_bytes=200_000_000)
    if deed == "hang":
        limits = replace(limits, max_decoder_silence_s=1.0)
    if deed == "spin":
        limits = replace(limits, max_decoder_cpu_s=1.0)
    bad = clip.with_name(f"{deed}.mp4")
    bad.hardlink_to(clip)
    with pytest.raises(kind) as error:
        media.read(bad, limits=limits)
    assert words in str(error.value) and f'"{deed}.mp4"' in str(error.value)
    assert str(error.value).endswith(".")
    assert media.read(clip).duration_s == pytest.approx(1.0, abs=0.1)
    assert not children_of(deeds.pid)


def test_a_stop_frees_a_job_whose_decoder_hangs(deeds, clip, tmp_path):
    bad = clip.with_name("hang.mp4")
    bad.hardlink_to(clip)
    space, ended = Workspace(tmp_path / "results"), []

    def job() -> None:
        with pytest.raises(Cancelled), space.running("anna", no_progress) as run:
            list(localized(space, "anna", Wish(bad), run))
        ended.append(time.monotonic())

    thread = threading.Thread(target=job)
    thread.start()
    deadline = time.monotonic() + 120
    while not (deeds.pid and children_of(deeds.pid)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.3)
    stopped_s = time.monotonic()
    assert space.stop("anna")
    thread.join(20)
    assert ended and ended[0] - stopped_s < 5  # 0.2 s on an idle machine
    assert not children_of(deeds.pid)
    assert not any((tmp_path / "results").iterdir())


def test_a_decoder_that_dies_while_its_frames_are_looked_at(deeds, clip):
    """The file was good when it was read."""
    seen = media.read(clip)
    seen.source.decode = replace(seen.source.decode, file=clip.rename(clip.with_name("segv.mp4")))
    with pytest.raises(MediaError, match="crashed"):
        list(seen.stream())


def test_frames_and_sound_are_those_that_a_script_gets(clip, tmp_path):
    media.isolate(False)
    here = media.read(clip)
    media.isolate()
    there = media.read(clip)
    assert media.isolated()
    np.testing.assert_array_equal(here.waveform, there.waveform)
    for mine, theirs in zip(here.stream(), there.stream(), strict=True):
        assert mine[0] == theirs[0]
        np.testing.assert_array_equal(mine[1], theirs[1])
    one, other = original_sound(here), original_sound(there)
    assert (one.sample_rate_hz, one.channels) == (other.sample_rate_hz, other.channels)
    np.testing.assert_array_equal(np.concatenate([*one.blocks]), np.concatenate([*other.blocks]))
    assert replace(there, source=here.source, waveform=here.waveform, soundtrack=None).files == (
        here.files
    )


def test_who_waits_for_a_decoder_is_asked_what_was_told_last():
    told = []
    with watched(lambda fraction, stage: told.append((fraction, stage)), "reading") as progress:
        from avsl.progress import ask_whether_to_go_on

        ask_whether_to_go_on()
        progress(0.4, "listening")
        ask_whether_to_go_on()
    ask_whether_to_go_on()  # nobody watches any more
    assert told == [(0.0, "reading"), (0.4, "listening"), (0.4, "listening")]
