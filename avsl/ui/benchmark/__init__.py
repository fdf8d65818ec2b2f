"""The Benchmark tab: results of ``python -m train.evaluate`` as tables, plots and cases.

``results/`` holds the results that ship: ``results.json`` and the pictures it names.
"""

from avsl.ui.benchmark.tab import tab

__all__ = ["tab"]
