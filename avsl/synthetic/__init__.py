"""Scenes with sound that the project draws itself, with exact truth.

>>> from avsl import synthetic
>>> clip, truth = synthetic.make("bell").clip, synthetic.make("bell").truth
"""

from avsl.synthetic.examples import Example, ExampleCard, ensure_example, examples, make
from avsl.synthetic.truth import Source, Truth

__all__ = ["Example", "ExampleCard", "Source", "Truth", "ensure_example", "examples", "make"]
