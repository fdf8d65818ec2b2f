"""Training: imports avsl, never the reverse."""
