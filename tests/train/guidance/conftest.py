"""What the tests of guidance share."""

from tests.train.guidance.language_model import language_model

__all__ = ["language_model"]
