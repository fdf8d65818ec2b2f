"""Publish, bring back, localize: the real client of huggingface_hub against a Hub on loopback."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import constants

import avsl
from avsl.errors import PublishError, SettingError, VariantError
from avsl.publishing import publish
from tests.support import tone_clip
from tests.train.making_results import results
from train.publish import OK, USAGE, main

pytest_plugins = ["tests.hub_publishing"]

REPO = "someone/acl-tiny"
TIMES_S = np.array([0.5])


def go(folder: Path, *flags: str, repo: str = REPO) -> int:
    return main([str(folder), "--repo", repo, *flags])


def maps(variant) -> np.ndarray:
    return variant.localize(tone_clip(1.0), TIMES_S).maps


def failed(hub, folder, capsys, *flags: str, repo: str = REPO) -> str:
    """Publishing fails; the sentence, of which there is one line."""
    assert go(folder, *flags, repo=repo) == USAGE
    said = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("note")]
    assert len(said) == 1 and said[0].startswith("publish: ")
    return said[0]


# --- the plain way ------------------------------------------------------------------------------


def test_publish_load_localize(writable_hub, folder, capsys):
    assert go(folder) == OK
    said = capsys.readouterr()
    assert f'avsl.load("{REPO}")' in said.out and "Not published: state.pt" in said.err
    assert set(writable_hub.files(REPO)) == {
        ".gitattributes", "README.md", "card.json", "config.json", "model.safetensors",
        "results.json",
    }  # fmt: skip
    assert writable_hub.steps.count("commit") == 1 and not writable_hub.repos[REPO].private
    back = avsl.load(REPO)
    assert np.array_equal(maps(back), maps(avsl.load(str(folder))))
    assert back.card.trained_on.startswith("The procedural world") and not back.card.note


def test_private_and_branch(writable_hub, folder, capsys):
    assert go(folder, "--private", "--revision", "wide") == OK
    assert 'revision="wide"' in capsys.readouterr().out
    repo = writable_hub.repos[REPO]
    assert repo.private and set(repo.branches) == {"main", "wide"}
    assert "card.json" not in writable_hub.files(REPO)
    assert b'revision="wide"' in writable_hub.files(REPO, "wide")["README.md"].content
    assert avsl.load(REPO, revision="wide").card.trained_on.startswith("The procedural world")
    with pytest.raises(VariantError, match="the file is not there"):
        avsl.load(REPO, revision="narrow")


def test_publishing_again_changes_only_what_changed(writable_hub, folder, capsys):
    assert go(folder) == OK
    uploads = writable_hub.steps.count("upload")
    (folder / "config.json").write_text('{"preset": "other"}')
    assert go(folder) == OK and writable_hub.steps.count("upload") == uploads
    assert b"other" in writable_hub.files(REPO)["config.json"].content
    assert len(writable_hub.repos[REPO].commits) == 3
    capsys.readouterr()
    assert go(folder) == OK and "holds exactly this already" in capsys.readouterr().out
    assert len(writable_hub.repos[REPO].commits) == 3


def test_a_dry_run_asks_nobody(writable_hub, folder, capsys):
    assert go(folder, "--dry-run") == OK
    said = capsys.readouterr().out
    assert "Would be published to someone/acl-tiny: model.safetensors, card.json" in said
    assert "# ACL (CLIP)" in said and not writable_hub.steps and not writable_hub.repos
    assert not (folder / "README.md").exists()


def test_where_xet_is_refused_files_go_over_lfs(writable_hub, folder, monkeypatch):
    pytest.importorskip("hf_xet")
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", False)
    assert go(folder) == OK
    assert {"xet", "batch", "upload", "verify"} <= set(writable_hub.steps)
    weights = writable_hub.files(REPO)["model.safetensors"]
    assert weights.large and weights.content == (folder / "model.safetensors").read_bytes()


# --- a new version ------------------------------------------------------------------------------


def retouched(folder: Path, threshold: float) -> None:
    card = json.loads((folder / "card.json").read_text())
    card["card"]["threshold"] = threshold
    (folder / "card.json").write_text(json.dumps(card))


def test_a_new_commit_is_noticed_online_and_the_last_one_serves_offline(
    writable_hub, folder, monkeypatch
):
    retouched(folder, 0.3)
    assert go(folder) == OK and avsl.load(REPO).card.threshold == 0.3
    first = writable_hub.repos[REPO].branches["main"]
    retouched(folder, 0.6)
    assert go(folder) == OK and avsl.load(REPO).card.threshold == 0.6
    assert avsl.load(REPO, revision=first).card.threshold == 0.3
    retouched(folder, 0.7)
    assert go(folder) == OK
    writable_hub.close()
    asleep = avsl.load(REPO)
    second = asleep.card.note.split("before, ")[1][:7]
    assert asleep.card.threshold == 0.6 and "no connection to http://127" in asleep.card.note
    assert any(commit.startswith(second) for commit in writable_hub.repos[REPO].commits)
    assert asleep.card.note in avsl.Localizer(asleep).run(tone_clip(1.0), 1.0).notes
    assert not avsl.load(REPO, revision=first).card.note  # a commit needs no asking
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "offline mode is on" in avsl.load(REPO).card.note


def test_a_version_cut_off_half_way_does_not_replace_the_last(writable_hub, folder):
    assert go(folder) == OK
    avsl.load(REPO)
    retouched(folder, 0.6)
    assert go(folder) == OK
    writable_hub.faults["resolve"] = 503
    kept = avsl.load(REPO)
    assert kept.card.threshold == 0.5 and "the server answers 503" in kept.card.note
    writable_hub.faults.clear()
    assert avsl.load(REPO).card.threshold == 0.6


def test_without_a_copy_being_offline_is_an_error(writable_hub, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(VariantError, match="offline mode is on"):
        avsl.load(REPO)


def test_files_put_by_hand_ask_nobody(writable_hub, folder, tmp_path):
    shutil.copytree(folder, tmp_path / "weights" / REPO)
    assert not avsl.load(REPO).card.note and not writable_hub.steps


def test_only_a_hub_id_has_revisions(folder):
    for name in ("sync", str(folder)):
        with pytest.raises(VariantError, match="only a Hub id"):
            avsl.load(name, revision="main")


# --- refused ------------------------------------------------------------------------------------


def test_a_wrong_token_is_one_sentence(writable_hub, folder, capsys, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    assert "does not accept your token" in failed(writable_hub, folder, capsys)
    assert writable_hub.steps == ["whoami"]


def test_no_token_is_one_sentence(writable_hub, folder, capsys, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(folder / "none"))
    assert "You are not logged in" in failed(writable_hub, folder, capsys)


def test_a_token_that_may_only_read_is_one_sentence(writable_hub, folder, capsys):
    writable_hub.role = "read"
    assert "may only read" in failed(writable_hub, folder, capsys)
    assert not writable_hub.repos


def test_another_persons_name_is_refused(writable_hub, folder, capsys):
    said = failed(writable_hub, folder, capsys, repo="stranger/acl")
    assert "may not publish as stranger" in said and "someone/... or lab/..." in said
    assert go(folder, repo="lab/acl") == OK


def test_a_name_that_is_taken_by_something_else_is_refused(writable_hub, folder, capsys):
    writable_hub.add(REPO, pytorch_bin=b"weights of another kind")
    before = dict(writable_hub.files(REPO))
    said = failed(writable_hub, folder, capsys)
    assert "exists already and holds something else (pytorch.bin)" in said
    assert writable_hub.files(REPO) == before


def test_a_name_taken_at_the_last_moment_is_refused(writable_hub, folder, capsys):
    writable_hub.faults["create"] = 409
    assert "was taken or changed by somebody else" in failed(writable_hub, folder, capsys)


def test_an_empty_repository_may_be_filled(writable_hub, folder):
    writable_hub.add(REPO)
    assert go(folder) == OK and "card.json" in writable_hub.files(REPO)


def test_what_is_public_is_not_taken_for_private(writable_hub, folder, capsys):
    writable_hub.add(REPO)
    assert "exists already and is public" in failed(writable_hub, folder, capsys, "--private")


@pytest.mark.parametrize("name", ["acl", "a/b/c", "some one/acl", "someone/../x"])
def test_a_name_that_is_none_is_refused(writable_hub, folder, capsys, name):
    assert "write user/name" in failed(writable_hub, folder, capsys, repo=name)


# --- broken half way ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "fault"),
    [("preupload", 500), ("batch", "cut"), ("upload", "cut"), ("upload", 500), ("verify", 500),
     ("commit", "cut"), ("commit", 500)],
)  # fmt: skip
def test_what_breaks_half_way_leaves_nothing(writable_hub, folder, capsys, step, fault):
    writable_hub.faults[step] = fault
    said = failed(writable_hub, folder, capsys)
    assert "broke; run the same command" in said if fault == "cut" else "answered 500" in said
    assert said.endswith("Nothing was published.") and not writable_hub.repos
    writable_hub.faults.clear()
    assert go(folder) == OK and "card.json" in writable_hub.files(REPO)


@pytest.mark.parametrize("step", ["upload", "commit"])
def test_what_was_there_before_stays_as_it_was(writable_hub, folder, capsys, step):
    assert go(folder) == OK
    before = dict(writable_hub.files(REPO))
    weights = bytearray((folder / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    writable_hub.faults[step] = "cut"
    assert failed(writable_hub, folder, capsys).endswith("Nothing was published.")
    failed(writable_hub, folder, capsys, "--revision", "wide")
    assert writable_hub.files(REPO) == before
    assert set(writable_hub.repos[REPO].branches) == {"main"}


def test_a_commit_whose_answer_was_lost_is_found(writable_hub, folder, capsys):
    writable_hub.faults["commit"] = "cut after"
    assert go(folder) == OK and "Published: " in capsys.readouterr().out
    assert "card.json" in writable_hub.files(REPO)


def test_what_cannot_be_taken_back_is_said(writable_hub, folder, capsys):
    writable_hub.faults |= {"commit": 500, "delete": 500}
    said = failed(writable_hub, folder, capsys)
    assert said.endswith("but the new empty repository could not be removed.")


def test_a_change_by_somebody_else_meanwhile_is_not_overwritten(writable_hub, folder):
    assert go(folder) == OK
    writable_hub.faults["commit"] = 412
    with pytest.raises(PublishError, match="changed by somebody else"):
        publish({"config.json": b"{}"}, REPO)


# --- folders ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("model.safetensors", None, "There is no model.safetensors"),
        ("card.json", None, "is missing or no card"),
        ("card.json", b"{", "is not JSON"),
        ("model.safetensors", b"\x02\0\0\0\0\0\0\0{}", "does not fit its card"),
        ("results.json", json.dumps(results("another")).encode(), "belongs to another variant"),
    ],
)
def test_a_folder_that_would_not_load_is_not_published(
    writable_hub, folder, capsys, file, content, sentence
):
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_bytes(content)
    assert sentence in failed(writable_hub, folder, capsys) and not writable_hub.steps


def test_no_folder_is_one_sentence(writable_hub, tmp_path, capsys):
    assert "There is no folder" in failed(writable_hub, tmp_path / "none", capsys)
    with pytest.raises(SettingError):
        publish({}, "no name")
