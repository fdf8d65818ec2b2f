"""The app without a browser: handlers, jobs, and the HTTP API over loopback."""

import json
import logging
import os
import threading
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import cv2
import gradio as gr
import numpy as np
import pytest

from avsl.errors import AvslError, Cancelled
from avsl.media import output_rate_hz, read, write_video
from avsl.progress import no_progress
from avsl.ui import copy, handlers, views
from avsl.ui.handlers import Api, Wish, localized
from avsl.ui.jobs import RESULTS_PER_SESSION, Busy, Line, Replaced, ResultGone, Run, Workspace
from avsl.ui.page import PICTURE, VIDEO, Page
from avsl.ui.shelf import Shelf
from tests.support import CornerVariant, tone_clip

HERE = SimpleNamespace(host="127.0.0.1")
ANNA = SimpleNamespace(session_hash="anna", client=HERE)
BOB = SimpleNamespace(session_hash="bob", client=HERE)


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "tone.mp4"
    source = tone_clip(2.0, 160, 120, silent_after_s=1.0)
    write_video(path, (frame for _, frame in source.stream()), output_rate_hz(source), source)
    return path


@pytest.fixture(scope="module")
def mute_clip(tmp_path_factory) -> Path:
    import av

    path = tmp_path_factory.mktemp("clips") / "mute.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for level in range(20):
            picture = np.full((48, 64, 3), 10 * level, np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        file.mux(stream.encode())
    return path


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path / "work", Line(slots=3))


@pytest.fixture
def variant(workspace, monkeypatch) -> CornerVariant:
    corner = CornerVariant()
    workspace.shelf = Shelf(lambda name, progress: corner)
    monkeypatch.setattr(handlers.variants, "cards", lambda: [corner.card])
    return corner


@pytest.fixture
def api(workspace, variant) -> Api:
    return Api(workspace)


def found(api: Api, clip: Path, who=ANNA) -> dict:
    return api.localize(str(clip), request=who)[2]


def left_behind(workspace: Workspace) -> list[Path]:
    return [path for path in workspace.root.glob("*") if path.name != "examples"]


def decoded(jpeg: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).astype(int)


# --- localize ---


def test_localize_gives_a_video_with_sound_words_and_a_report(api, clip):
    video, words, report = api.localize(str(clip), request=ANNA)
    again = read(video)
    assert again.has_sound
    assert again.duration_s == pytest.approx(2.0, abs=0.1)
    assert "lower left" in words
    assert words == report["summary"]
    verdicts = [span["verdict"] for span in report["spans"]]
    assert verdicts == ["sounding here", "nothing audible"]
    assert report["spans"][0]["end_s"] == pytest.approx(1.3, abs=0.15)
    assert report["notes"][-1] == "The corner was looked at."
    assert report["provenance"]["variant"] == "corner"
    json.dumps(report)


def test_a_picture_with_a_sound_will_do(api, clip, tmp_path):
    cv2.imwrite(str(tmp_path / "still.png"), np.full((48, 64, 3), 90, np.uint8))
    video, words, _ = api.localize(str(tmp_path / "still.png"), sound=str(clip), request=ANNA)
    assert "lower left" in words
    assert read(video).has_sound


def test_the_upload_may_vanish_once_it_was_read(api, clip, tmp_path):
    mine = tmp_path / "mine.mp4"
    os.link(clip, mine)
    report = found(api, mine)
    mine.unlink()
    assert Path(api.redraw(report["result"], "contour", request=ANNA)).stat().st_size > 0


# --- inspect and redraw ---


def test_inspecting_draws_from_the_cached_map(api, clip, variant):
    result = found(api, clip)["result"]
    pictures = {
        look: decoded(Path(api.inspect(result, 0.5, look)[0]).read_bytes())
        for look in ("heat", "contour", "spotlight", "boxes")
    }
    assert all(picture.shape == (120, 160, 3) for picture in pictures.values())
    heat = pictures.pop("heat")
    assert all(np.abs(heat - other).max() > 60 for other in pictures.values())
    assert variant.calls == 1


def test_inspecting_follows_time_threshold_and_opacity(api, clip, workspace):
    result = found(api, clip)["result"]
    _, loud = api.inspect(result, 0.52)
    assert loud["verdict"] == "sounding here"
    assert loud["time_s"] == pytest.approx(0.5)
    assert [region["where"] for region in loud["regions"]] == ["lower left"]
    assert api.inspect(result, 0.5, threshold=0.95)[1]["regions"] == []
    _, silent = api.inspect(result, 1.9)
    assert (silent["verdict"], silent["regions"]) == ("nothing audible", [])

    kept = workspace.find(result)
    style = handlers.Style(threshold=0.5, legend=False)
    plain = decoded(kept.moment(0.5, handlers.Style(opacity=0.0, legend=False))[1])
    drawn = decoded(kept.moment(0.5, style)[1])
    changed = np.abs(drawn - plain).max(axis=2) > 40
    assert changed[70:, :70].mean() > 0.9
    assert changed[:50].mean() < 0.05
    above = handlers.Style(threshold=0.99, look="contour", legend=False)
    assert np.abs(decoded(kept.moment(0.5, above)[1]) - plain).max() < 5


def test_every_analysed_moment_has_its_own_frame(workspace, variant, tmp_path):
    levels = np.arange(20) * 12
    frames = np.repeat(levels.astype(np.uint8), 48 * 64 * 3).reshape(20, 48, 64, 3)
    source = type(tone_clip()).from_arrays(frames, 10.0, np.full(32_000, 0.1, np.float32))
    path = tmp_path / "levels.mp4"
    write_video(path, frames, 10.0, source)
    (_, _), (result, _) = localized(workspace, "anna", Wish(path), Run(no_progress))
    seen = [result.frames.nearest(time_s)[1].mean() for time_s in result.frames.times_s]
    assert np.abs(np.array(seen) - levels).max() < 4


def test_redrawing_needs_no_variant_and_replaces_the_video_whole(api, clip, variant, workspace):
    result = found(api, clip)["result"]
    before = workspace.find(result).video
    after = api.redraw(result, "spotlight", 0.3, 1.0, request=ANNA)
    assert variant.calls == 1
    assert Path(after) == workspace.find(result).video != before
    assert before.exists()  # a player may still be reading it
    corner, elsewhere = (read(after).frames(np.array([0.5]))[0][part].mean() for part in
                         (np.s_[80:, :60], np.s_[:50, 60:]))  # fmt: skip
    assert corner > elsewhere + 40
    api.redraw(result, "boxes", request=ANNA)
    assert not before.exists()


def test_a_bundle_holds_every_file_in_the_style_drawn_last(api, clip, workspace):
    result = found(api, clip)["result"]
    api.redraw(result, "contour", 0.4, request=ANNA)
    with zipfile.ZipFile(api.bundle(result, request=ANNA)) as archive:
        names = set(archive.namelist())
        manifest = json.loads(archive.read("manifest.json"))
        video = archive.read("overlay.mp4")
    wanted = {"overlay.mp4", "timeline.png", "localization.npz", "coco.json", "moments.csv",
              "captions.vtt", "manifest.json"}  # fmt: skip
    assert wanted <= names
    assert sum(name.startswith("masks/") for name in names) == 20
    assert (manifest["style"]["look"], manifest["style"]["threshold"]) == ("contour", 0.4)
    assert video == workspace.find(result).video.read_bytes()


def test_the_variants_are_listed_with_their_state(api):
    (card,) = api.variants()
    assert (card["name"], card["state"]) == ("corner", "ready")
    json.dumps(card)


# --- what goes wrong ---


def test_every_mistake_is_one_sentence(api, mute_clip, tmp_path):
    (tmp_path / "text.mp4").write_text("not a video at all")
    (tmp_path / "empty.mp4").touch()
    for path, words in (
        (None, copy.NO_VIDEO),
        (tmp_path / "text.mp4", "not a video"),
        (tmp_path / "empty.mp4", "0 bytes"),
        (mute_clip, "no sound track"),
    ):
        with pytest.raises(gr.Error) as caught:
            api.localize(path and str(path), request=ANNA)
        assert words in caught.value.message
        assert "Traceback" not in caught.value.message
    assert left_behind(api.workspace) == []


def test_wrong_settings_are_sentences_too(api, clip):
    for wrong in ({"style": "smoke"}, {"opacity": 3.0}, {"threshold": 7.0}):
        with pytest.raises(gr.Error):
            api.localize(str(clip), request=ANNA, **wrong)


def test_the_unexpected_is_logged_and_not_shown(api, clip, monkeypatch, caplog):
    monkeypatch.setattr("avsl.ui.jobs.read", lambda *_, **__: 1 / 0)
    with caplog.at_level(logging.ERROR), pytest.raises(gr.Error) as caught:
        api.localize(str(clip), request=ANNA)
    assert caught.value.message == copy.UNEXPECTED
    assert "ZeroDivisionError" in caplog.text
    assert left_behind(api.workspace) == []


def test_names_from_users_are_escaped():
    evil = "<img src=x onerror=alert(1)>"
    assert "<img" not in views.message(evil, evil)
    assert "<img src=x" not in views.picture(b"", evil)
    assert "<img" not in views.notes((evil,))


# --- sessions ---


def test_a_result_is_found_by_its_id_only(api, clip):
    result = found(api, clip)["result"]
    assert len(result) >= 20
    for wrong in ("", "nope", "../" + result, result[:-1]):
        with pytest.raises(gr.Error):
            api.inspect(wrong)


def test_leaving_deletes_ones_own_results_only(api, clip, workspace):
    hers, his = found(api, clip, ANNA)["result"], found(api, clip, BOB)["result"]
    Page(workspace).leave(ANNA)
    with pytest.raises(ResultGone):
        workspace.find(hers)
    assert [path.name for path in left_behind(workspace)] == [his]
    assert workspace.find(his).video.exists()


def test_only_the_last_results_are_kept(api, clip, workspace):
    results = [found(api, clip)["result"] for _ in range(RESULTS_PER_SESSION + 1)]
    assert {path.name for path in left_behind(workspace)} == set(results[1:])


def test_forgotten_results_are_swept(api, clip, workspace, monkeypatch):
    found(api, clip)
    monkeypatch.setattr("avsl.ui.jobs.KEEP_S", -1.0)
    workspace.sweep()
    assert left_behind(workspace) == []


class Slow(CornerVariant):
    """Works for ten seconds, telling how far it is."""

    def localize(self, clip, times_s, progress=no_progress):
        for step in range(1000):
            progress(step / 1000, "looking slowly")
            time.sleep(0.01)
        return super().localize(clip, times_s, progress)


def test_stopping_frees_the_worker_within_a_second(workspace, clip):
    workspace.shelf = Shelf(lambda name, progress: Slow())
    page, outcome = Page(workspace), []
    payload = {"path": str(clip)}

    def work() -> None:
        steps = page.run(
            VIDEO, payload, None, None, None, "slow", "heat", 0.7, False, ANNA, silent_bar
        )
        outcome.extend(steps)

    worker = threading.Thread(target=work)
    worker.start()
    time.sleep(0.5)
    page.stop(BOB)  # someone else's button
    time.sleep(0.2)
    assert worker.is_alive()
    page.stop(ANNA)
    worker.join(1.0)
    assert not worker.is_alive()
    assert copy.STOPPED_TITLE in outcome[-1]["status"]["value"]
    assert outcome[-1]["run"]["interactive"] is True
    assert left_behind(workspace) == []


def silent_bar(fraction, desc):
    """Stands in for gradio's progress bar."""


def test_stopping_while_drawing_leaves_nothing(workspace, variant, clip):
    with workspace.running("anna", no_progress) as run:
        steps = localized(workspace, "anna", Wish(clip), run)
        next(steps)
        assert workspace.stop("anna")
        with pytest.raises(Cancelled):
            next(steps)
    assert not workspace.stop("anna")
    assert left_behind(workspace) == []


def test_a_reader_that_walks_away_leaves_nothing(workspace, variant, clip):
    steps = localized(workspace, "anna", Wish(clip), Run(no_progress))
    next(steps)
    steps.close()
    assert left_behind(workspace) == []


# --- waiting in line ---


def test_a_new_job_of_a_page_replaces_its_old_one(workspace):
    with (
        workspace.running("anna", no_progress) as old,
        workspace.running("bob", no_progress) as bob,
    ):
        with workspace.running("anna", no_progress, alone=True), pytest.raises(Replaced):
            old.progress(0.5, "still here")
        bob.progress(0.5, "not concerned")


def test_a_client_may_have_several_jobs_at_once(workspace):
    with workspace.running("anna", no_progress) as one, workspace.running("anna", no_progress):
        one.progress(0.5, "still here")


def test_jobs_wait_in_order_and_are_told_their_place():
    line, told = Line(slots=1), []
    entered, release = [], threading.Event()

    def job(name: str) -> None:
        with line.turn(Run(lambda fraction, stage: told.append((name, stage)))):
            entered.append(name)
            release.wait(5)

    threads = []
    for name in "abc":
        threads.append(threading.Thread(target=job, args=(name,)))
        threads[-1].start()
        time.sleep(0.05)
    time.sleep(0.2)
    assert entered == ["a"]
    assert ("b", copy.waiting(1)) in told
    assert ("c", copy.waiting(2)) in told
    release.set()
    for thread in threads:
        thread.join(5)
    assert entered == ["a", "b", "c"]


def test_a_full_line_says_so_and_a_waiting_job_can_be_stopped():
    line = Line(slots=1, most_waiting=1)
    waiting = Run(no_progress)

    def wait() -> None:
        with pytest.raises(Cancelled), line.turn(waiting):
            raise AssertionError("never its turn")

    with line.turn(Run(no_progress)):
        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.1)
        with pytest.raises(Busy), line.turn(Run(no_progress)):
            pass
        waiting.stop()
        thread.join(1)
        assert not thread.is_alive()
    with line.turn(Run(no_progress)):
        pass


# --- the page's own steps ---


def test_the_page_fills_verdict_first_then_video(workspace, variant, clip):
    run = Page(workspace).run
    files = {"path": str(clip)}, None, None, None
    working, judged, drawn = run(VIDEO, *files, "corner", "contour", 0.7, False, ANNA, silent_bar)
    assert working["run"]["interactive"] is False
    assert working["stop"]["visible"] is True
    assert "lower left" in judged["verdict"]
    assert judged["video"] is None
    assert 'aria-valuetext="0:00, sounding, lower left"' in judged["timeline"]
    assert Path(drawn["video"]["value"]).exists()
    assert "sound, lower left" in Path(drawn["video"]["subtitles"]).read_text(encoding="utf-8")
    assert drawn["threshold"]["value"] == 0.5
    assert 'alt="At ' in drawn["picture"]
    assert drawn["run"]["interactive"] is True
    assert workspace.find(drawn["result"]).style.look == "contour"


def test_weak_guesses_are_drawn_and_told_only_when_asked_for(workspace, variant, clip):
    variant.unsure_from_s = -1.0
    page, files = Page(workspace), ({"path": str(clip)}, None, None, None)
    *_, end = page.run(VIDEO, *files, "corner", "heat", 0.7, False, ANNA, silent_bar)
    assert "the source was not found" in end["words"] and "guess" not in end["words"]
    asked = page.inspect(end["result"], 0.5, "heat", 0.5, 0.7, True)
    assert "<dt>weak guess</dt><dd>lower left</dd>" in asked["words"]
    assert "A weak guess: lower left." in asked["picture"]
    plain = page.inspect(end["result"], 0.5, "heat", 0.5, 0.7, False)
    assert plain["picture"] != asked["picture"] and "guess" not in plain["words"]
    list(page.redraw(end["result"], "heat", 0.5, 0.7, True, ANNA, silent_bar))
    assert workspace.find(end["result"]).style.guesses


@pytest.mark.parametrize(
    ("mode", "files", "words"),
    [
        (VIDEO, (None, None, None, None), copy.NO_VIDEO),
        (PICTURE, ({"path": "x.mp4"}, None, None, None), copy.NO_PICTURE),
        (PICTURE, (None, None, {"path": "x.png"}, None), copy.NO_SOUND),
    ],
)
def test_a_missing_input_says_what_to_do(workspace, variant, mode, files, words):
    with pytest.warns(UserWarning):  # gradio's toast, outside a server
        *_, end = Page(workspace).run(mode, *files, "corner", "heat", 0.7, False, ANNA, silent_bar)
    assert words in end["status"]["value"]
    assert 'role="alert"' in end["status"]["value"]


# --- over HTTP ---


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    from avsl.ui import build, launch_options
    from avsl.ui.live import House

    corner = CornerVariant()
    patch = pytest.MonkeyPatch()
    patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("gradio")))
    shelf = Shelf(lambda name, progress: corner)
    house = House()
    workspace = Workspace(Path(os.environ["GRADIO_TEMP_DIR"]) / "results", shelf=shelf)
    demo = build(workspace, house)
    _, url, _ = demo.launch(
        server_name="127.0.0.1", prevent_thread_lock=True, quiet=True, **launch_options(house)
    )
    yield url
    demo.close()
    patch.undo()


@pytest.fixture
def client(address, tmp_path):
    from gradio_client import Client

    return Client(address, verbose=False, download_files=str(tmp_path))


def test_the_named_endpoints_are_these_and_no_others(client):
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    assert set(endpoints) == {
        "/localize", "/inspect", "/redraw", "/bundle", "/variants", "/compare", "/probe",
        "/swap",
    }  # fmt: skip
    required = [
        parameter["parameter_name"]
        for parameter in endpoints["/localize"]["parameters"]
        if not parameter["parameter_has_default"]
    ]
    assert required == ["clip"]


def test_a_client_can_do_all_the_page_can(client, clip):
    from gradio_client import handle_file

    video, words, report = client.predict(clip=handle_file(str(clip)), api_name="/localize")
    assert read(video).has_sound
    assert "lower left" in words
    result = report["result"]
    picture, facts = client.predict(result, time_s=0.5, style="boxes", api_name="/inspect")
    assert cv2.imread(picture).shape == (120, 160, 3)
    assert facts["regions"][0]["where"] == "lower left"
    assert read(client.predict(result, style="contour", api_name="/redraw")).has_sound
    assert zipfile.is_zipfile(client.predict(result, api_name="/bundle"))
    assert client.predict(api_name="/variants")[0]["name"] == "sync"


def test_a_client_gets_the_sentence(client, tmp_path):
    from gradio_client import handle_file

    (tmp_path / "text.mp4").write_text("not a video at all")
    with pytest.raises(Exception, match="not a video"):
        client.predict(clip=handle_file(str(tmp_path / "text.mp4")), api_name="/localize")


def test_files_of_the_server_cannot_be_asked_for(address, clip):
    import httpx

    with_meta = {"path": str(clip), "meta": {"_type": "gradio.FileData"}}
    for payload in (with_meta, {"path": str(clip)}, str(clip)):
        call = f"{address}gradio_api/call/localize"
        data = [payload, None, "sync", "heat", None, 0.7, None]
        event = httpx.post(call, json={"data": data}).json()["event_id"]
        answer = httpx.get(f"{call}/{event}", timeout=20).text
        assert "event: error" in answer
        assert "overlay" not in answer
    for path in (clip, "/etc/passwd", Path.cwd() / "app.py"):
        assert httpx.get(f"{address}gradio_api/file={path}").status_code in (403, 404)


def test_errors_of_the_library_are_its_own(workspace):
    assert issubclass(Busy, AvslError)
    assert issubclass(ResultGone, AvslError)
