"""No file leads to another one, and no name to anything but the file of that name."""

import struct

import numpy as np
import pytest

from avsl import media
from avsl.errors import AvslError, MediaError
from avsl.ui.jobs import Workspace
from tests.media.making import clicks, flash_frames, make

PLAYLISTS = {
    "hls.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{path}\n#EXT-X-ENDLIST\n",
    "hls as video.mp4": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{path}\n",
    "key.m3u8": '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="file://{path}"\n#EXTINF:2,\nx.ts\n',
    "away.m3u8": "#EXTM3U\n#EXTINF:2,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
    "dash.mpd": '<?xml version="1.0"?><MPD type="static"><Period><AdaptationSet>'
    "<Representation id='0'><BaseURL>{path}</BaseURL></Representation></AdaptationSet></Period>"
    "</MPD>",
    "concat.txt": "ffconcat version 1.0\nfile '{path}'\n",
    "concat.mp4": "ffconcat version 1.0\nfile '{path}'\n",
    "list.avs": 'DirectShowSource("{path}")',
    "session.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
    "drawing.svg": '<svg xmlns="http://www.w3.org/2000/svg"><image href="file://{path}"/></svg>',
    "page.ps": "%!PS\n({path}) (r) file showpage",
    "list.webvtt": "WEBVTT\n\n00:00.000 --> 00:01.000\n{path}\n",
    "link.rm": "rtsp://127.0.0.1:9/{path}",
    "redirect.asx": '<ASX version="3.0"><Entry><Ref href="file://{path}"/></Entry></ASX>',
}


@pytest.mark.parametrize("name", PLAYLISTS)
def test_a_list_of_files_is_no_video(name, canary, tmp_path):
    path = tmp_path / name
    path.write_text(PLAYLISTS[name].format(path=canary))
    with pytest.raises(MediaError):
        media.read(path)
    with pytest.raises(MediaError):
        media.read_sound(path)
    with pytest.raises(MediaError):
        media.read_picture(path)


@pytest.mark.parametrize(
    "name",
    [
        "concat:{path}|{path}",
        "file:{path}",
        "file://{path}",
        "subfile,,start,0,end,0,,:{path}",
        "crypto:{path}",
        "async:{path}",
        "cache:{path}",
        "pipe:0",
        "fd:0",
        "data:video/mp4;base64,AAAA",
        "http://127.0.0.1:9/clip.mp4",
        "ftp://127.0.0.1/clip.mp4",
        "-i {path}",
        "tcp://127.0.0.1:9",
        "lavfi:color=white",
        "/dev/video0",
    ],
)
def test_a_name_is_a_file_of_that_name_and_nothing_else(name, canary):
    with pytest.raises(MediaError, match=r"no file|ordinary"):
        media.read(name.format(path=canary))


def test_a_pattern_of_numbers_is_no_sequence_of_pictures(canary, tmp_path):
    for index in range(3):
        (tmp_path / f"frame{index}.png").write_bytes(b"x")
    for name in ("frame%d.png", "frame*.png", "frame%d.mp4"):
        with pytest.raises(MediaError, match="no file"):
            media.read(tmp_path / name)


def boxed(data: bytes, change) -> bytes:
    """An mp4 whose boxes are rebuilt, each leaf by ``change(kind, body)``."""
    out, at = b"", 0
    while at + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + size]
        nested = kind in (b"moov", b"trak", b"mdia", b"minf", b"dinf")
        body = boxed(body, change) if nested else change(kind, body)
        out += struct.pack(">I4s", len(body) + 8, kind) + body
        at += size
    return out


@pytest.mark.parametrize("kind", ["url ", "alis", "rsrc"])
def test_a_movie_whose_data_lie_in_another_file_does_not_open_it(kind, canary, tmp_path):
    times_s = np.arange(10) / 10
    inner = make(tmp_path / "plain.mov", flash_frames(times_s, []), times_s, clicks(1.0, []))

    def elsewhere(box: bytes, body: bytes) -> bytes:
        if box != b"dref":
            return body
        where = f"file://{canary}".encode() + b"\0"
        if kind == "alis":
            where = alias(str(canary))
        entry = struct.pack(">I4sI", 12 + len(where), kind.encode(), 0) + where
        return struct.pack(">II", 0, 1) + entry

    path = tmp_path / "elsewhere.mov"
    path.write_bytes(boxed(inner.read_bytes(), elsewhere))
    try:
        clip = media.read(path)
        frames = [frame for _, frame in clip.stream()]
    except AvslError:
        return
    assert max((frame.mean() for frame in frames), default=0) < 128  # not the canary's white


def alias(path: str) -> bytes:
    """A Macintosh alias record with a path for Unix, as QuickTime wrote them."""
    record = bytearray(150)
    record[4:8] = struct.pack(">HH", 150, 2)
    text = path.encode()
    tail = struct.pack(">HH", 18, len(text)) + text + b"\0" * (len(text) % 2)
    return bytes(record) + tail + struct.pack(">HH", 0xFFFF, 0)


def test_an_upload_that_is_a_link_is_refused(canary, tmp_path):
    link = tmp_path / "clip.mp4"
    link.symlink_to(canary)
    with Workspace(tmp_path / "results").draft() as draft, pytest.raises(MediaError):
        draft.adopt(link)
