"""The stages of the tiny CLIP path: each learns, moves its own part alone, and meets no unheard
class; the folder that they leave is what the audio-visual stage starts from.
"""

import json
from dataclasses import replace

import pytest
import torch
from torch.nn.functional import normalize

from avsl.errors import SettingError
from avsl.models.published import ACLConfig, build
from avsl.synthetic.world import CLASSES, Classes, Recipe
from avsl.synthetic.world.taxonomy import HEARD, UNHEARD_CLASSES
from tests.train.stages.micro import PX, micro, overfitting, stages
from train.stages import backbone, clip, run
from train.stages.loop import Budget
from train.stages.scenes import Source
from train.stages.sizes import tiny, words_read

PARTS = {**backbone.STAGES, "eye": ("tower.", "classes.")}


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@pytest.mark.parametrize("name", PARTS)
def test_a_stage_lowers_its_loss_and_moves_its_own_part_alone(name):
    nets, part = run.Nets.new(micro(), 0), stages()[name]
    model = nets.of(part)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    course = part.run(model, Budget(steps=24), overfitting(part.settings))
    facts = course.facts()
    assert course.steps == 24 and facts["last_loss"] < 0.9 * facts["first_loss"]
    moved = {
        key for key, value in model.state_dict().items() if not torch.equal(value, before[key])
    }
    assert moved and all(key.startswith(PARTS[name]) for key in moved)
    learned = {key for key, each in nets.acl.named_parameters() if each.requires_grad}
    assert all(key.startswith(backbone.LEARNED_LATER) for key in learned), "frozen again"


def test_a_stage_of_so_many_steps_comes_out_the_same_again():
    part = stages()["audio"]
    losses = []
    for _ in range(2):
        torch.manual_seed(3)
        losses.append(part.run(build(micro()), Budget(steps=3), part.settings).losses)
    assert losses[0] == losses[1]


def test_folded_statistics_leave_the_cosines_as_they_were():
    model = build(micro())
    spread = torch.nn.BatchNorm1d(32, affine=False)
    spread.running_mean, spread.running_var = torch.randn(32), 0.5 + torch.rand(32)
    words = clip.class_sentences()[:6]
    before = normalize(spread.eval()(model.text.encode(words)), dim=-1)
    clip.fold(spread, model.text.ln_final, model.text.text_projection)
    assert torch.allclose(normalize(model.text.encode(words), dim=-1), before, atol=1e-4)


def test_no_stage_meets_an_unheard_class():
    unheard = torch.tensor(UNHEARD_CLASSES)
    for part in run.parts():
        source = part.settings.source
        for validation in (False, True):
            met = torch.cat([source.scenes(step, validation).classes for step in range(40)])
            assert not torch.isin(met, unheard).any()
            assert torch.isin(torch.tensor(HEARD), met).all()
    with pytest.raises(ValueError, match="heard"):
        Source("clip", Recipe(classes=Classes.ALL), 8)


def test_training_and_validation_see_different_scenes():
    source = stages()["clip"].settings.source
    keys = [source.scenes(0, validation).draws.keys for validation in (False, True)]
    assert not torch.isin(*keys).any()
    other = replace(source, seed=1).scenes(0).draws.keys
    assert not torch.isin(keys[0], other).any()


def test_the_tower_reads_every_heard_class_and_no_word_of_the_unheard():
    text = build(micro()).text
    every = [
        f"a photo of {row.noun} {state}"
        for row in (CLASSES[kind] for kind in HEARD)
        for state in (*row.sounding, *row.silent)
    ]
    assert text.encode(every).shape == (len(every), 32)
    stories = stages()["clip"].settings
    for step in range(8):
        text.encode(clip.sentences(stories.source.scenes(step), stories.source))
    with pytest.raises(SettingError, match="'xylophone' is not among them"):
        text.read("a xylophone")


def test_sentences_of_different_lengths_read_as_they_do_alone():
    text = build(micro()).text
    texts = ["a photo of dog", "a photo of an ambulance with its siren on"]
    alone = torch.cat([text.encode([each]) for each in texts])
    assert torch.allclose(text.encode(texts), alone, atol=1e-5)
    assert torch.allclose(text.read("dog"), alone[:1], atol=1e-5)


def test_tiny_is_small_and_fits_its_stages():
    model = build(tiny())
    assert sum(each.numel() for each in model.parameters()) < 3.0e6
    assert tiny().clipseg.vocabulary == len(words_read()) < 200
    assert ACLConfig.from_dict(json.loads(json.dumps(tiny().to_dict()))) == tiny()
    seen = model.encode_image(torch.zeros(1, 3, 112, 112))
    assert seen.grid == (14, 14)
    assert model.ground(seen, torch.zeros(1, 128)).shape == (1, 112, 112)


def test_a_backbone_is_made_stage_by_stage_and_taken_up_where_it_stopped(tmp_path):
    parts, budgets = tuple(stages().values()), (Budget(steps=2),) * 4
    model, again = run.Nets.new(micro(), 0), run.Nets.new(micro(), 1)
    run.make(tmp_path, model, parts[:1], budgets[:1], batches=1)
    assert "decoder" not in json.loads((tmp_path / backbone.FACTS_FILE).read_text())
    facts = run.make(tmp_path, again, parts, budgets, batches=1)
    for name, value in model.acl.vision.state_dict().items():
        assert torch.equal(again.acl.vision.state_dict()[name], value), "stage (a) was not repeated"
    assert {"zero_shot_accuracy", "image_to_text", "text_to_image"} <= set(facts["clip"])
    assert {"ciou", "auc", "miou"} <= set(facts["decoder"]) and "accuracy" in facts["audio"]
    loaded, kept = backbone.load(tmp_path)
    assert kept["audio"] == facts["audio"] and kept["class_names"][0] == "church bell"
    image = torch.rand(2, 3, PX, PX)
    ours, theirs = (each.vision.dense(each.vision.states(image)) for each in (again.acl, loaded))
    assert torch.equal(ours, theirs)
    seen = backbone.load_eye(tmp_path)(image)
    assert torch.allclose(seen, again.eye.tower(image), atol=1e-5)


def test_stages_made_apart_are_those_made_one_after_another(tmp_path):
    parts, budgets = tuple(stages().values()), (Budget(steps=2),) * 4
    together, towers, ears = (tmp_path / name for name in ("together", "towers", "ears"))
    run.make(together, run.Nets.new(micro(), 0), parts, budgets, batches=1)
    run.make(towers, run.Nets.new(micro(), 0), parts[:2], budgets[:2], batches=1)
    run.make(ears, run.Nets.new(micro(), 0), parts[2:], budgets[2:], batches=1)
    facts = backbone.join(towers, ears)
    assert {"clip", "decoder", "audio", "eye"} <= facts.keys()
    (ours, _), (theirs, _) = backbone.load(towers), backbone.load(together)
    for name, value in theirs.state_dict().items():
        if not name.startswith(backbone.LEARNED_LATER):
            assert torch.allclose(ours.state_dict()[name], value, atol=1e-6), name
    image = torch.rand(1, 3, PX, PX)
    assert torch.equal(*(backbone.load_eye(folder)(image) for folder in (towers, together)))


def test_no_backbone_says_how_to_make_one(tmp_path):
    with pytest.raises(SettingError, match=r"python -m train\.stages\.run --out"):
        backbone.load(tmp_path)
