"""The real client against a language model on loopback that is slow, busy, broken or confused."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from avsl.description import Description
from avsl.errors import SettingError
from tests.media.making import clicks, flash_frames, make
from tests.train.guidance.language_model import KEY, Reply
from train.describe import OK, SOME_REJECTED, USAGE, main
from train.guidance import endpoint as client
from train.guidance.book import Key, load_descriptions, opened, rejects_file
from train.guidance.clips import clips_in
from train.guidance.describing import finished

ROOT = Path(__file__).resolve().parents[3]
MEANT = Description(("a dog barking",), ("a parked car",), "a yard")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(client, "FIRST_BACKOFF_S", 0.01)
    for name in ("AVSL_LLM_BASE_URL", "AVSL_LLM_MODEL", "AVSL_LLM_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def ask(language_model, tmp_path, monkeypatch, capsys):
    """Run the command on clips known by their labels; returns exit code and what was said."""
    monkeypatch.setenv("AVSL_LLM_BASE_URL", language_model.url)
    monkeypatch.setenv("AVSL_LLM_MODEL", "tiny")
    monkeypatch.setenv("AVSL_LLM_API_KEY", KEY)

    def run(*flags: str, clips: int = 6) -> tuple[int, str]:
        names = tmp_path / "clips.jsonl"
        rows = [{"id": f"clip{n}", "labels": [f"sound {n}"]} for n in range(clips)]
        names.write_text("".join(json.dumps(row) + "\n" for row in rows))
        arguments = ["--clips", str(names), "--out", str(tmp_path / "out.jsonl"), "--quiet"]
        code = main([*arguments, *flags])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def described(tmp_path) -> dict[str, Description]:
    return load_descriptions(tmp_path / "out.jsonl")


def rejects(tmp_path) -> dict[str, dict]:
    file = rejects_file(tmp_path / "out.jsonl")
    rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    return {row["id"]: row for row in rows}


def test_every_clip_is_described(ask, language_model, tmp_path):
    code, said = ask("--json-mode")
    assert code == OK and "6 of 6 clips are described" in said
    assert "6 answers: 6000 tokens in, 300 out" in said
    assert described(tmp_path) == {f"clip{n}": MEANT for n in range(6)} and not rejects(tmp_path)
    body = language_model.bodies[0]
    assert body["model"] == "tiny" and body["response_format"] == {"type": "json_object"}


def test_frames_travel_as_jpeg(language_model, tmp_path, capsys):
    (tmp_path / "clips").mkdir()
    times_s = np.arange(10) / 10
    frames = flash_frames(times_s, [0.5])
    make(tmp_path / "clips/clip.mp4", frames, times_s, clicks(1.0, [0.5]))
    flags = ["--base-url", language_model.url, "--model", "m", "--api-key", KEY, "--quiet"]
    out = tmp_path / "d.jsonl"
    assert (
        main(["--clips", str(tmp_path / "clips"), "--out", str(out), "--frames", "2", *flags]) == OK
    )
    _, *pictures = language_model.bodies[0]["messages"][1]["content"]
    assert len(pictures) == 2 and "response_format" not in language_model.bodies[0]
    assert all(p["image_url"]["url"].startswith("data:image/jpeg;base64,/9j/") for p in pictures)
    assert list(load_descriptions(out)) == ["clip"]


def test_requests_run_at_once_and_order_makes_no_difference(ask, language_model, tmp_path):
    def reply(label: str, attempt: int) -> Reply:
        text = Reply().text.replace("a dog", f"{label}'s dog")
        return Reply(text, after_s=random.uniform(0.0, 0.05))

    language_model.reply = reply
    assert ask("--at-once", "8", clips=24)[0] == OK
    assert language_model.most_at_once > 4
    found = described(tmp_path)
    assert list(found) == sorted(found)
    assert all(found[f"clip{n}"].sounding == (f"sound {n}'s dog barking",) for n in range(24))


def test_a_busy_server_is_given_its_time(ask, language_model, tmp_path):
    def reply(label: str, attempt: int) -> Reply:
        if label == "sound 0" and attempt == 1:
            return Reply(status=429, headers={"Retry-After": "0.4"}, raw=b"{}")
        if label == "sound 1" and attempt < 3:
            return Reply(status=500, raw=b"oops")
        return Reply()

    language_model.reply = reply
    assert ask()[0] == OK and len(described(tmp_path)) == 6
    first, second = language_model.times_s[:2]
    assert language_model.asked[:2] == ["sound 0"] * 2 and second - first >= 0.4
    assert language_model.asked.count("sound 1") == 3


def test_retry_after_may_be_a_date():
    assert client._retry_after_s("Fri, 31 Dec 2100 23:59:59 GMT") > 1e6
    assert client._retry_after_s("Fri, 31 Dec 1999 23:59:59 GMT") == 0
    assert client._retry_after_s("soon") == client._retry_after_s("") == 0


def test_cut_connections_and_slow_answers_are_tried_again(ask, language_model, tmp_path):
    def reply(label: str, attempt: int) -> Reply:
        faults = {"sound 1": Reply(cut=True), "sound 2": Reply(after_s=1.0)}
        return faults.get(label, Reply()) if attempt == 1 else Reply()

    language_model.reply = reply
    assert ask("--timeout", "0.3")[0] == OK and len(described(tmp_path)) == 6
    assert sorted(language_model.asked) == sorted(
        [f"sound {n}" for n in range(6)] + ["sound 1", "sound 2"]
    )


def test_answers_of_no_use_are_asked_once_more_then_rejected(ask, language_model, tmp_path):
    def reply(label: str, attempt: int) -> Reply:
        if label == "sound 2":
            return Reply("I cannot tell.")
        if label == "sound 3" and attempt == 1:
            return Reply('{"sound": 1}')
        return Reply("```json\n" + Reply().text + "\n```") if label == "sound 4" else Reply()

    language_model.reply = reply
    code, said = ask()
    assert code == SOME_REJECTED and "1 were rejected, see the reasons in" in said
    assert set(described(tmp_path)) == {"clip0", "clip1", "clip3", "clip4", "clip5"}
    (reject,) = rejects(tmp_path).values()
    assert reject["id"] == "clip2" and "holds no JSON" in reject["reason"]
    assert reject["answer"] == "I cannot tell."
    asked = zip(language_model.bodies, language_model.asked, strict=True)
    *_, again = (body for body, label in asked if label == "sound 3")
    assert "An earlier answer was refused: The answer has no 'sounding'" in str(again)
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert {tuple(row["repairs"]) for row in lines if row["id"] == "clip4"} == {
        ("took off code fences",)
    }


def test_rejected_clips_are_asked_again_when_told_to(ask, language_model, tmp_path):
    language_model.reply = lambda label, attempt: Reply("?" if label == "sound 2" else Reply().text)
    ask()
    language_model.reply = lambda label, attempt: Reply()
    asked = len(language_model.asked)
    assert ask()[0] == SOME_REJECTED and len(language_model.asked) == asked
    assert ask("--again")[0] == OK and language_model.asked[asked:] == ["sound 2"]
    assert not rejects_file(tmp_path / "out.jsonl").exists()


def test_a_wrong_key_stops_at_once_with_one_sentence(ask, language_model, tmp_path):
    code, said = ask("--api-key", "sk-wrong", clips=50)
    assert code == USAGE and len(language_model.asked) == 1 and not described_file(tmp_path)
    assert said == (
        f"describe: {language_model.url} refuses the key (401: Incorrect API key provided). "
        "Set AVSL_LLM_API_KEY to one that is good for this endpoint.\n"
    )


def described_file(tmp_path) -> bytes:
    file = tmp_path / "out.jsonl"
    return file.read_bytes() if file.exists() else b""


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (Reply(status=404, raw=b"{}"), "Check AVSL_LLM_BASE_URL and AVSL_LLM_MODEL"),
        (Reply(raw=b"<html>Welcome</html>"), "does not speak the chat-completions API"),
        (Reply(status=429, raw=b'{"error": {"code": "insufficient_quota"}}'), "nothing left"),
        (Reply(status=429, headers={"Retry-After": "7200"}, raw=b"{}"), "come back in 120 minutes"),
    ],
)  # fmt: skip
def test_what_no_request_can_mend_stops_the_run(ask, language_model, reply, sentence):
    language_model.reply = lambda label, attempt: reply
    code, said = ask()
    assert code == USAGE and sentence in said and said.count("\n") == 1
    assert len(language_model.asked) == 1


def test_an_endpoint_that_is_down_ends_the_run_and_the_next_goes_on(ask, language_model, tmp_path):
    down = Reply(status=503, raw=b"{}")
    language_model.reply = lambda label, attempt: Reply() if label == "sound 0" else down
    code, said = ask("--tries", "1", clips=40)
    assert code == USAGE and "no answer for 20 clips in a row" in said
    assert {row["why"] for row in rejects(tmp_path).values()} == {"unanswered"}
    language_model.reply = lambda label, attempt: Reply()
    assert ask(clips=40)[0] == OK and len(described(tmp_path)) == 40 and not rejects(tmp_path)


def test_an_endpoint_that_never_answers_is_told_after_one_clip(ask, language_model):
    language_model.reply = lambda label, attempt: Reply(cut=True)
    code, said = ask("--tries", "2")
    assert code == USAGE and "gave no answer for the first clip" in said
    assert language_model.asked == ["sound 0"] * 2


def test_a_refused_request_is_one_clips_trouble(ask, language_model, tmp_path):
    bad = Reply(status=400, raw=b'{"error": {"message": "image too large"}}')
    language_model.reply = lambda label, attempt: bad if label == "sound 1" else Reply()
    assert ask()[0] == SOME_REJECTED
    assert "(400: image too large)" in rejects(tmp_path)["clip1"]["reason"]


def test_resume_asks_only_what_is_missing(ask, language_model, tmp_path):
    ask(clips=3)
    assert ask(clips=6)[0] == OK
    assert language_model.asked[3:] and set(language_model.asked[3:]) == {
        "sound 3", "sound 4", "sound 5",
    }  # fmt: skip
    asked = len(language_model.asked)
    assert ask(clips=6)[0] == OK and len(language_model.asked) == asked
    ask("--model", "another")
    assert len(language_model.asked) == asked + 6


def test_a_torn_last_line_is_asked_again(ask, language_model, tmp_path):
    ask()
    out = tmp_path / "out.jsonl"
    out.write_bytes(out.read_bytes()[:-30])
    torn = out.read_bytes().count(b"\n")
    assert torn == 5 and ask()[0] == OK and len(language_model.asked) == 7
    assert len(described(tmp_path)) == 6 and len(out.read_text().splitlines()) == 6


def test_a_broken_line_is_told_and_asked_again(ask, language_model, tmp_path):
    ask()
    out = tmp_path / "out.jsonl"
    lines = out.read_text().splitlines()
    out.write_text("\n".join([lines[0][:20], *lines[1:]]) + "\n")
    with pytest.raises(SettingError, match=r"1 of the lines in .* are broken"):
        described(tmp_path)
    code, said = ask()
    assert code == OK and "1 broken lines were found" in said and len(language_model.asked) == 7
    assert len(described(tmp_path)) == 6


def test_a_killed_run_loses_nothing(language_model, tmp_path):
    language_model.reply = lambda label, attempt: Reply(after_s=0.02)
    names = tmp_path / "clips.csv"
    names.write_text("id,label\n" + "".join(f"c{n},sound {n}\n" for n in range(60)))
    out = tmp_path / "out.jsonl"
    flags = ["--clips", str(names), "--out", str(out), "--quiet"]
    flags += ["--base-url", language_model.url, "--model", "m", "--api-key", KEY]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    program = [sys.executable, "-m", "train.describe", *flags]
    run = subprocess.Popen(program, cwd=ROOT, env=environment)
    while len(language_model.asked) < 20:
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    run.wait()
    kept = out.read_bytes().count(b"\n")
    before = len(language_model.asked)
    assert 10 <= kept < 60
    assert main(flags) == OK
    assert len(language_model.asked) - before == 60 - kept and len(load_descriptions(out)) == 60


def test_two_runs_do_not_write_one_file(ask, tmp_path):
    with opened(tmp_path / "out.jsonl", Key("p", "m")):
        code, said = ask()
    assert code == USAGE and "Another run is writing" in said


def test_the_budget_is_kept(ask, language_model, tmp_path):
    code, said = ask("--max-tokens", "10500", clips=30)
    assert code == SOME_REJECTED and len(language_model.asked) == 10  # 1,050 tokens each
    assert len(described(tmp_path)) == 10 and len(rejects(tmp_path)) == 20
    assert {row["reason"] for row in rejects(tmp_path).values()} == {
        "The budget was used up before it was asked about."
    }
    code, said = ask("--max-cost", "0.0056", "--price-in", "1", "--price-out", "2", clips=30)
    assert len(language_model.asked) == 15 and "cost 0.0055" in said
    assert ask(clips=30)[0] == OK and len(language_model.asked) == 30


def test_tokens_are_estimated_where_nobody_counts(ask, language_model):
    language_model.reply = lambda label, attempt: Reply(usage=False)
    assert "an estimate" in ask()[1]


def test_clips_that_cannot_be_read_are_rejected(ask, language_model, tmp_path, capsys):
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    names = tmp_path / "names.txt"
    names.write_text("broken.mp4\nmissing.mp4\n")
    out = tmp_path / "out.jsonl"
    assert main(["--clips", str(names), "--out", str(out), "--quiet"]) == SOME_REJECTED
    assert set(rejects(tmp_path)) == {"broken", "missing"} and not language_model.asked
    assert all(row["why"] == "unusable" for row in rejects(tmp_path).values())


def test_a_folder_says_what_it_holds_beside_videos(ask, tmp_path, capsys):
    for name in ("a.mpg", "notes.txt", "deep/b.avi"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_text("no video")
    main(["--clips", str(tmp_path / "in"), "--out", str(tmp_path / "out.jsonl"), "--quiet"])
    assert set(rejects(tmp_path)) == {"a", "deep/b"}
    assert "Left out, being no videos by their names: 1 .txt." in capsys.readouterr().err


def test_descriptions_from_a_file_are_checked_alike(tmp_path, capsys):
    source, names, out = (tmp_path / name for name in ("a.jsonl", "names.csv", "out.jsonl"))
    rows = [
        {"id": "a", "description": MEANT.as_json()},
        {"id": "b", "answer": "```" + json.dumps(MEANT.as_json())},
        {"id": "c", **MEANT.as_json()},
        {"id": "d", "sounding": 5},
    ]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    names.write_text("id\na\nb\nc\nd\ne\n")
    command = ["--clips", str(names), "--out", str(out), "--from", str(source)]
    assert main(command) == SOME_REJECTED
    assert load_descriptions(out) == dict.fromkeys("abc", MEANT)
    why = {name: row["reason"] for name, row in rejects(tmp_path).items()}
    assert "'sounding' is a number" in why["d"] and "has no line for it" in why["e"]


def test_the_world_describes_itself(tmp_path, capsys):
    pytest.importorskip("avsl.synthetic.world.words", reason="the world is not here yet")
    out = tmp_path / "out.jsonl"
    assert main(["--world", "20", "--difficulty", "easy", "--out", str(out)]) == OK
    found = load_descriptions(out)
    assert len(found) == 20 and all(each.sounding for each in found.values())
    assert main(["--world", "2", "--difficulty", "mad", "--out", str(out)]) == USAGE


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--base-url", ""], "AVSL_LLM_BASE_URL or --base-url"),
        (["--model", ""], "AVSL_LLM_MODEL or --model"),
        (["--max-cost", "1"], "--max-cost needs --price-in"),
        (["--at-once", "0"], "--at-once 1"),
        (["--clips", "/nowhere"], "There is no folder or list"),
    ],
)
def test_wrong_usage_is_one_sentence(ask, flags, sentence):
    code, said = ask(*flags)
    assert code == USAGE and sentence in said


@pytest.mark.parametrize("text", ["id,path,label\na,,dog\n", "\ufeffid;path;label\r\na;;dog\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_table_of_clips_is_read_as_any_program_saves_it(tmp_path, text, encoding):
    (tmp_path / "names.csv").write_bytes(text.encode(encoding))
    (clip,) = clips_in(tmp_path / "names.csv")
    assert (clip.id, clip.path, clip.labels) == ("a", None, ("dog",))


def test_what_a_system_put_there_is_no_clip(tmp_path):
    for name in ("a.mp4", "._a.mp4", "__MACOSX/._a.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [clip.id for clip in clips_in(tmp_path)] == ["a"]


def test_a_name_that_is_no_text_comes_back_from_the_book(tmp_path):
    odd, out = os.fsdecode(b"caf\xe9"), tmp_path / "out.jsonl"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f"{odd}.mp4").touch()
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": odd, **MEANT.as_json()}))
    command = ["--clips", str(tmp_path / "in"), "--out", str(out), "--from"]
    assert main([*command, str(tmp_path / "a.jsonl")]) == OK
    assert json.loads(out.read_text(encoding="utf-8").splitlines()[-1])["id"] == odd


def test_ids_have_to_differ(tmp_path):
    names = tmp_path / "names.csv"
    names.write_text("id,label\na,dog\na,cat\n")
    with pytest.raises(SettingError, match="names 'a' twice"):
        clips_in(names)


def test_the_key_is_shown_nowhere():
    assert "secret" not in repr(client.Model("http://x/v1", "m", "secret"))


def test_a_dead_address_is_tried_then_told():
    async def ask_dead() -> None:
        model = client.Model("http://127.0.0.1:9/v1", "m", tries=2)
        async with client.Endpoint(model) as endpoint:
            await endpoint.ask([])

    with pytest.raises(client.UnansweredError, match=r"in 2 tries; .* no connection"):
        finished(ask_dead())
