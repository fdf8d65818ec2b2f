"""Tests and benches, in the shape of what they test."""

import train  # noqa: F401  how threads wait is settled before torch loads
