"""ACL's card and where its released files lie; light, so that listing variants loads no network."""

from dataclasses import replace
from pathlib import Path

from avsl import hub
from avsl.hub import Source
from avsl.progress import Progress, no_progress, part
from avsl.variants.base import State, VariantCard

ACL_CARD = VariantCard(
    name="acl",
    title="ACL (CLIP)",
    summary="Finds whole objects by what they sound like, also in still pictures.",
    limits="Two things of one kind cannot be told apart, and each frame is judged by itself.",
    state=State.NEEDS_DOWNLOAD,
    licence="CLIPSeg Apache-2.0, BEATs MIT; ACL's own weights come without a licence",
    paper="Park et al., Can CLIP Help Sound Source Localization?, WACV 2024, arXiv 2311.04066",
    threshold=0.5,
    threshold_rule="the middle of the sigmoid; upstream takes the best of 0.05 to 0.95 on its test "
    "set, which we do not do",
    confidence_gate=0.1,
    confidence_rule="how far the strongest hundredth of the map lies above that for silence and "
    "for white noise on the same frame, in map units",
    map_rate_hz=2.0,
    download="About 1 GB, once: CLIPSeg 603 MB, BEATs 362 MB, ACL 29 MB.",
)

CLIPSEG = "CIDAS/clipseg-rd64-refined"
ACL_SPACE = "swimmiing/ACL-SSL-zeroshot-demo"
BEATS_FILE = "BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt"

# Ordered: the first that can be had is taken. Download links of BEATs have died many times.
CLIPSEG_CONFIG = (Source(CLIPSEG, "config.json"),)
CLIPSEG_WEIGHTS = (
    Source(CLIPSEG, "model.safetensors"),
    Source(CLIPSEG, "model.safetensors", revision="refs/pr/5"),
    Source(CLIPSEG, "pytorch_model.bin"),
)
BEATS = (
    Source(ACL_SPACE, f"pretrain/{BEATS_FILE}", repo_type="space"),
    Source("tsinghua-ee/SALMONN-7B-gradio", f"beats/{BEATS_FILE}", repo_type="space"),
    Source("WeiChihChen/BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2", BEATS_FILE),
    Source("camenduru/beats", BEATS_FILE),
)
PARAMETERS = (Source(ACL_SPACE, "pretrain/Param_best.pth", repo_type="space"),)
FILES = (  # what each is, where it lies, and its share of the download
    ("CLIPSeg's configuration", CLIPSEG_CONFIG, 0.01),
    ("CLIPSeg, which sees and grounds", CLIPSEG_WEIGHTS, 0.60),
    ("BEATs, which hears", BEATS, 0.36),
    ("ACL's trained part", PARAMETERS, 0.03),
)


def acl_card() -> VariantCard:
    """The card with its state on this machine now."""
    return replace(ACL_CARD, state=State.NEEDS_DOWNLOAD if missing() else State.READY)


def missing() -> list[str]:
    """For each file that is not on this machine, the command that puts it there."""
    return [sources[0].command for _, sources, _ in FILES if hub.find(sources) is None]


def fetch_all(progress: Progress = no_progress) -> list[Path]:
    """Every file, downloaded where it is not here yet, in the order of ``FILES``.

    Raises :class:`avsl.errors.VariantError` with what to do where one cannot be had.
    """
    files, done = [], 0.0
    for purpose, sources, share in FILES:
        files.append(hub.fetch(sources, purpose, part(progress, done, done + share)))
        done += share
    return files
