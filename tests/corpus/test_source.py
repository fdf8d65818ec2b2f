"""What clips a corpus has."""

import json
import os
from pathlib import Path

import pytest

from avsl.corpus.opening import opened
from avsl.corpus.source import corpus
from avsl.corpus.sources import Source
from avsl.errors import MediaError, SettingError
from tests.corpus import making


def ids(found) -> list[str]:
    return [source.id for source in found.sources]


def test_a_folder_is_searched_to_any_depth_and_says_what_it_left_out(tmp_path):
    for name in ("b/x.MP4", "a.b.mkv", "b/c/y.mov", "notes.txt", "b/readme"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("-")
    found = corpus(tmp_path)
    assert ids(found) == ["a.b", "b/c/y", "b/x"]
    assert "1 .txt" in found.notes[0] and "1 no ending" in found.notes[0]


@pytest.mark.parametrize("ending", ["3gp", "M2TS", "mts", "wmv", "mxf", "vob", "qt", "f4v", "m2v"])
def test_a_folder_gives_whatever_kind_of_video_can_be_read(tmp_path, ending):
    (tmp_path / f"x.{ending}").write_text("-")
    assert ids(corpus(tmp_path)) == ["x"]


def test_files_that_macos_adds_to_folders_and_shards_are_no_clips(tmp_path):
    for name in ("a_b.mp4", "._a_b.mp4", "sub/._a_b.mp4", "__MACOSX/._a_b.mp4"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_text("-")
    found = corpus(tmp_path / "in")
    assert ids(found) == ["a_b"] and "3 files of the system" in found.notes[0]
    making.shard(tmp_path / "x.tar", ["one"])
    with making.tarfile.open(tmp_path / "x.tar", "a") as tar:
        for name in ("._one.jpg", "__MACOSX/._one.wav", ".DS_Store"):
            making._add(tar, name, b"-")
    (tmp_path / "._x.tar").write_text("-")
    found = corpus(tmp_path / "x.tar")
    assert ids(found) == ["one"] and len(found.notes) == 1
    assert "3 files of the system" in found.notes[0]


def test_a_name_of_any_bytes_is_a_clip_of_its_own(tmp_path):
    for name in (b"caf\xe9.mp4", b"caf\xe8.mp4"):
        Path(os.fsdecode(bytes(tmp_path / "-").removesuffix(b"-") + name)).write_text("-")
    found = corpus(tmp_path)
    assert len(set(ids(found))) == 2 and all(each.encode() for each in ids(found))
    assert all(Path(source.media).is_file() for source in found.sources)


def test_one_video_is_a_corpus_of_one(tmp_path):
    (tmp_path / "x.mp4").write_text("-")
    assert ids(corpus(tmp_path / "x.mp4")) == ["x"]


def test_a_far_folder_is_told_to_be_named_in_a_list():
    with pytest.raises(SettingError, match="a URL a line"):
        corpus("s3://bucket/clips")


def test_two_clips_of_one_id_are_refused_by_name(tmp_path):
    for name in ("x.mp4", "x.mkv"):
        (tmp_path / name).write_text("-")
    with pytest.raises(SettingError, match=r'the id "x": "x.mkv" and "x.mp4"'):
        corpus(tmp_path)


@pytest.mark.parametrize("kind", ["txt", "csv", "jsonl"])
def test_lists_name_clips_relative_to_themselves(tmp_path, kind):
    text = {
        "txt": "in/x.mp4\n\n/far/y.mp4\ns3://store/z.mp4\n",
        "csv": "path,id\nin/x.mp4,\n/far/y.mp4,mine\ns3://store/z.mp4,\n",
        "jsonl": "\n".join(
            json.dumps(row)
            for row in (
                {"path": "in/x.mp4", "sound": "in/x.wav"},
                {"path": "/far/y.mp4", "id": 7},
                {"path": "s3://store/z.mp4"},
            )
        ),
    }[kind]
    (tmp_path / f"list.{kind}").write_text(text)
    found = {source.id: source for source in corpus(tmp_path / f"list.{kind}").sources}
    far = {"txt": "far/y", "csv": "mine", "jsonl": "7"}[kind]
    assert set(found) == {"in/x", far, "store/z"}
    assert found["in/x"].media == str(tmp_path / "in" / "x.mp4")
    assert found[far].media == "/far/y.mp4" and found["store/z"].media == "s3://store/z.mp4"
    if kind == "jsonl":
        assert found["in/x"].sound == str(tmp_path / "in" / "x.wav")


TABLE = "path;id\r\nin/x.mp4;one\r\nin/y,z.mp4;\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [TABLE, "sep=;\n" + TABLE, TABLE.replace(";", "\t").upper()])
def test_a_table_is_read_as_any_program_saves_it(tmp_path, encoding, text):
    (tmp_path / "l.csv").write_bytes(text.encode(encoding))
    found = corpus(tmp_path / "l.csv")
    assert [each.lower() for each in ids(found)] == ["in/y,z", "one"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("kind", ["txt", "jsonl"])
def test_marks_and_line_ends_are_not_part_of_a_name(tmp_path, encoding, kind):
    lines = ["é.mp4", "\ufeffb.mp4"]  # two marked lists, joined
    if kind == "jsonl":
        lines = ['{"path": "é.mp4"}', '\ufeff{"path": "b.mp4"}']
    (tmp_path / f"l.{kind}").write_bytes("\r\n".join(lines).encode(encoding))
    assert ids(corpus(tmp_path / f"l.{kind}")) == ["b", "é"]


def test_a_list_that_is_no_text_is_a_sentence(tmp_path):
    (tmp_path / "l.txt").write_bytes("é.mp4".encode("latin-1"))
    with pytest.raises(SettingError, match="Save it as UTF-8"):
        corpus(tmp_path / "l.txt")


@pytest.mark.parametrize(
    "name, text", [("l.csv", "file\nx.mp4\n"), ("l.jsonl", '{"id": 1}\n'), ("l.jsonl", "x.mp4\n")]
)
def test_a_list_without_paths_is_told_which_line(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(SettingError, match=r"Line \d"):
        corpus(tmp_path / name)


def test_nothing_is_a_sentence(tmp_path):
    with pytest.raises(MediaError, match="holds no clips"):
        corpus(tmp_path)
    with pytest.raises(MediaError, match="There is no"):
        corpus(tmp_path / "missing")


def test_shards_are_indexed_and_odd_samples_told(tmp_path):
    making.shard(tmp_path / "shard-000000.tar", ["one", "two"])
    with making.tarfile.open(tmp_path / "shard-000001.tar", "w") as tar:
        making._add(tar, "lone.jpg", b"-")
    found = corpus(tmp_path)
    assert ids(found) == ["one", "two"]
    assert [piece.suffix for piece in found.sources[0].pieces] == [".jpg", ".wav"]
    assert "shard-000001.tar/lone" in found.notes[0]


def test_a_broken_shard_is_named(tmp_path):
    whole = making.shard(tmp_path / "x.tar", ["one"]).read_bytes()
    (tmp_path / "x.tar").write_bytes(whole[: len(whole) // 2 + 100])
    with pytest.raises(MediaError, match=r"x\.tar"):
        corpus(tmp_path)


def test_parts_are_the_same_runs_of_sorted_ids(tmp_path):
    (tmp_path / "l.txt").write_text("\n".join(f"{name}.mp4" for name in "edcba"))
    found = corpus(tmp_path / "l.txt")
    assert [[each.id for each in part] for part in found.parts(2)] == [
        ["a", "b"], ["c", "d"], ["e"],
    ]  # fmt: skip
    (tmp_path / "m.txt").write_text("\n".join(f"{name}.mp4" for name in "abcd"))
    assert corpus(tmp_path / "m.txt").digest != found.digest


def test_copies_lie_in_the_folder_that_is_swept_and_go_with_the_clip(tmp_path):
    video = making.video(tmp_path / "clip.mp4", 1)
    far, near = (Source("clip", "clip.mp4", name) for name in (video.as_uri(), str(video)))
    scratch = tmp_path / "scratch"
    with opened(near, scratch) as clip:
        assert clip.width == 64 and not scratch.exists()
    with opened(far, scratch) as clip:
        assert clip.width == 64 and list(scratch.glob("*/*/*.mp4"))
    assert not list(scratch.iterdir())
