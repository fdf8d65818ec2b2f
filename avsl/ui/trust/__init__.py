"""What lets anybody use the app: bounds on memory, time and disk, tidiness, and knowing how it is.

:mod:`limits` says how much, :mod:`memory` and :mod:`disk` keep to it, :mod:`door` guards what comes
in, :mod:`journal` tells how it went, and :mod:`routes` shows that.
"""
