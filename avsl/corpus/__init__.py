"""Whole corpora: every clip of a folder, a list or shards, localized into tables and maps.

``python -m avsl batch`` is the shell on it. :mod:`~avsl.corpus.source` says what clips there are,
:mod:`~avsl.corpus.parts` is the operator that localizes a run of them and commits what it found,
:mod:`~avsl.corpus.local` and :mod:`~avsl.corpus.on_ray` are the engines that hand parts to it, and
:mod:`~avsl.corpus.running` is the whole run. README.md beside this file documents the tables.
"""
