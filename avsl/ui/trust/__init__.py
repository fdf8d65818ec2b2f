"""What lets anybody use the app: bounds on memory, time and disk, tidiness, and knowing how it is.

Here: :mod:`limits` says how much, :mod:`memory` and :mod:`disk` keep to it, :mod:`door` guards
what comes in, :mod:`journal` and
:mod:`counts` tell how it went, :mod:`routes` shows that.
"""
