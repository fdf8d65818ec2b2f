"""Networks live: each frame is encoded once, the sound a few times a second."""

import numpy as np
import pytest

import avsl
from avsl.live import LiveSession
from avsl.variants.folders import shipped_folders
from tests.live.replaying import CHUNK, evenly, replay
from tests.variants.making import changing_clip, tiny_acl, tiny_two_stream

MAKERS = {"acl": tiny_acl, "two-stream": tiny_two_stream}


@pytest.fixture(params=MAKERS)
def network(request):
    return MAKERS[request.param]()


def counted(network, name: str, monkeypatch) -> list[int]:
    """How many frames or windows each call of a step took."""
    calls: list[int] = []
    step = getattr(network, name)

    def counting(first, *rest):
        calls.append(len(rest[0]) if rest else len(first))
        return step(first, *rest)

    monkeypatch.setattr(network, name, counting)
    return calls


def test_each_frame_is_encoded_once_and_windows_of_sound_are_shared(network, monkeypatch):
    session, clip = LiveSession(network), changing_clip()
    next(replay(session, clip, [0.0]))  # silence and noise are probed once, ever
    session.reset()
    frames = counted(network, "encode_frames", monkeypatch)
    windows = counted(network, "encode_audio", monkeypatch)
    found = list(replay(session, clip, evenly(2.0, 10.0)))
    assert len(found) == 20
    assert frames == [1] * 20
    assert sum(windows) <= 8, "four a second"


def test_the_map_is_of_the_newest_frame_and_the_sound_before_it(network):
    clip = changing_clip(6.0)
    session = LiveSession(network)
    times_s = evenly(5.0, 2.0)  # no two share a window
    (time_s, found) = list(replay(session, clip, times_s))[-1]
    heard_s = time_s * 16000 // CHUNK * CHUNK / 16000
    windows_s = np.array([[heard_s - network.window_s, heard_s]])
    picture = clip.frames(times_s[-1:], width=320)
    heard = network.encode_audio(clip.waveform, windows_s)
    maps, sure = network.judge(network.encode_frames(picture), heard.embeddings)
    assert found.confidence == pytest.approx(float(sure[0]), abs=1e-4)
    assert found.label == (heard.labels[0] if heard.labels else "")
    if found.map.any():
        np.testing.assert_allclose(found.map, maps[0].numpy(), atol=1e-4)


def test_frames_are_asked_for_in_the_size_the_network_sees(network):
    session = LiveSession(network)
    assert network.image_px <= session.wanted_side_px <= 2 * network.image_px


@pytest.mark.parametrize("name", ["acl-tiny", "margin-tiny"])
def test_those_that_ship_can_be_live(name):
    if name not in shipped_folders():
        pytest.skip(f"{name} is not in checkpoints/.")
    session = LiveSession(avsl.load(name))
    for _, found in replay(session, changing_clip(1.0), evenly(1.0, 4.0)):
        assert found.map.ndim == 2 and np.isfinite(found.confidence)
