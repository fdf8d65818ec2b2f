"""Answers of language models: repaired where they plainly mean something, refused where not."""

import pytest

from avsl.description import Description
from train.guidance.schema import SchemaError, from_text

GOOD = '{"sounding": ["a dog barking"], "silent": ["a car"], "background": "a yard"}'
MEANT = Description(("a dog barking",), ("a car",), "a yard")


def test_a_good_answer_needs_no_repair():
    checked = from_text(GOOD)
    assert checked.description == MEANT and checked.repairs == ()
    assert checked.description.as_json()["sounding"] == ["a dog barking"]


@pytest.mark.parametrize(
    ("text", "repair"),
    [
        (f"```json\n{GOOD}\n```", "code fences"),
        (f"```{GOOD}", "code fences"),
        (f"Sure! Here it is:\n{GOOD}\nAnything else?", "words around"),
        (GOOD.replace('"a car"]', '"a car",]').replace('yard"}', 'yard",}'), "trailing commas"),
        (GOOD.replace('["a dog barking"]', '"a dog barking"'), "single sounding"),
        (f"[{GOOD}]", "out of its list"),
        (GOOD.replace('"a car"', '"a car", "A car.", "none", " a  car "'), "empty or repeated"),
        (GOOD.replace('"a yard"', '["a yard"]'), "list of backgrounds"),
        (GOOD.replace("sounding", "Sounding"), ""),
    ],
)
def test_what_is_plainly_meant_is_repaired_and_said(text, repair):
    checked = from_text(text)
    found = checked.description
    assert (found.sounding, found.background) == (MEANT.sounding, MEANT.background)
    assert found.silent[0] == "a car" and len(found.silent) <= 2
    assert any(repair in said for said in checked.repairs) or not repair


def test_missing_parts_are_filled_with_nothing():
    assert from_text('{"sounding": ["rain"]}').description == Description(("rain",), (), "")
    assert from_text('{"sounding": null, "silent": "None"}').description == Description((), (), "")


def test_commas_inside_phrases_stay():
    text = '{"sounding": ["a dog, ] barking",], "silent": [], "background": "x ,}"}'
    assert from_text(text).description == Description(("a dog, ] barking",), (), "x ,}")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "holds no JSON"),
        ("I cannot help with that.", "holds no JSON"),
        ('{"sounding": ["a dog"', "broken JSON"),
        ('{"objects": ["a dog"]}', "has no 'sounding' \\(it has objects\\)"),
        ('["a dog", "a cat"]', "is a list, not an object"),
        ('{"sounding": {"dog": 1}}', "'sounding' is an object"),
        ('{"sounding": [{"object": "dog"}]}', "holds an object where a phrase is expected"),
        ('{"sounding": [3]}', "holds a number"),
        ('{"sounding": [], "background": 7}', "'background' is a number"),
        ('{"sounding": ["a dog"], "silent": ["a dog"]}', "both sounding and silent"),
        ('{"sounding": ["' + "dog " * 60 + '"]}', "over 160 letters"),
        ('{"sounding": [' + ",".join(f'"dog {i}"' for i in range(20)) + "]}", "12 are the most"),
    ],
)
def test_what_cannot_be_told_is_refused_with_a_sentence(text, sentence):
    with pytest.raises(SchemaError, match=sentence):
        from_text(text)


def test_what_is_out_of_view_is_heard_only():
    found = Description(("a dog barking", "a siren wailing, out of view"), (), "")
    assert found.heard == ("a dog barking", "a siren wailing")
    assert found.heard_in_view == ("a dog barking",)
