"""Guidance by a language model: scenes in words, asked for, checked, kept, and embedded."""
