"""How voices sound: pulses of the throat through the formants of its tract.

The ranges of kin overlap on purpose: a low woman's voice may be a man's, a cat may cry like a baby.
"""

from avsl.synthetic.sounds import VOWELS_HZ
from avsl.synthetic.world.sounds.tones import Tone

_MEOW = ((400, 2100, 3200), (900, 1700, 3000), (550, 1000, 2600))
_CRY = ((1050, 2000, 3600), (750, 2300, 3500))

VOICES: dict[str, Tone] = {
    "man": Tone(
        (85, 215), melody=(0.05, 0.35), start=(0.0, 0.12), end=(-0.35, 0.05), fade=(0.0, 0.8),
        formants_hz=VOWELS_HZ, tract=(0.9, 1.14), slope=(-10, -5), breath=(0.01, 0.07),
        chiff=(0.0, 0.5), breath_hz=(2500, 5000), formant_width=(1.0, 1.7),
    ),
    "woman": Tone(
        (125, 300), melody=(0.05, 0.4), start=(0.0, 0.12), end=(-0.35, 0.05), fade=(0.0, 0.8),
        formants_hz=VOWELS_HZ, tract=(0.98, 1.24), slope=(-10, -5), breath=(0.01, 0.08),
        chiff=(0.0, 0.5), breath_hz=(2500, 5000), formant_width=(1.0, 1.7),
    ),
    "baby": Tone(
        (300, 620), melody=(0.0, 0.2), start=(-0.35, 0.0), middle=(0.0, 0.25), end=(-0.5, 0.0),
        formants_hz=_CRY, tract=(0.8, 1.15), wobble_hz=(4, 10), wobble=(0.0, 0.06),
        jitter=(0.0, 0.03), slope=(-8, -2), breath=(0.01, 0.2), formant_width=(1.0, 2.2),
        attack_s=(0.02, 0.08), release_s=(0.03, 0.15), pulse_hz=(5, 10), pulse=(0.0, 0.2),
    ),
    "cat": Tone(
        (300, 750), melody=(0.0, 0.2), start=(-0.35, 0.0), middle=(0.0, 0.25), end=(-0.45, 0.0),
        formants_hz=_MEOW, tract=(0.85, 1.2), jitter=(0.0, 0.03), slope=(-8, -2),
        wobble_hz=(4, 10), wobble=(0.0, 0.04), breath=(0.01, 0.15), formant_width=(1.0, 2.2),
        attack_s=(0.02, 0.1), release_s=(0.04, 0.2), pulse_hz=(5, 10), pulse=(0.0, 0.15),
    ),
    "cow": Tone(
        (80, 260), melody=(0.0, 0.1), start=(-0.3, 0.0), middle=(0.0, 0.2), end=(-0.35, 0.0),
        formants_hz=((300, 800, 2200), (520, 1000, 2400)), tract=(0.8, 1.3), slope=(-8, -3),
        jitter=(0.0, 0.025), breath=(0.01, 0.12), attack_s=(0.03, 0.15), release_s=(0.05, 0.2),
        formant_width=(1.0, 2.2), wobble_hz=(4, 9), wobble=(0.0, 0.03),
    ),
    "sheep": Tone(
        (220, 560), melody=(0.0, 0.15), start=(-0.25, 0.1), middle=(0.0, 0.15), end=(-0.35, 0.0),
        pulse_hz=(5, 11), pulse=(0.05, 0.7), wobble_hz=(5, 10), wobble=(0.0, 0.07),
        formants_hz=((650, 1750, 2700), (900, 1500, 2900)), tract=(0.85, 1.2), slope=(-8, -2),
        jitter=(0.0, 0.025), breath=(0.01, 0.15), formant_width=(1.0, 2.2),
        attack_s=(0.02, 0.08), release_s=(0.03, 0.15),
    ),
    "dog": Tone(
        (170, 620), melody=(0.0, 0.25), start=(-0.25, 0.1), middle=(0.0, 0.35), end=(-0.5, -0.05),
        formants_hz=((750, 1400, 2700),), tract=(0.7, 1.3), fade=(0.2, 2.5),
        formant_width=(1.2, 2.8), jitter=(0.0, 0.05), slope=(-7, -2), breath=(0.04, 0.5),
        breath_hz=(1000, 3000), chiff=(0.0, 0.6), attack_s=(0.005, 0.02), release_s=(0.02, 0.08),
    ),
    "duck": Tone(
        (140, 420), melody=(0.0, 0.25), start=(-0.1, 0.25), middle=(0.0, 0.15),
        end=(-0.5, -0.05), formants_hz=((950, 1700, 2900),), tract=(0.75, 1.3),
        formant_width=(1.2, 3.0), fade=(0.2, 2.0), jitter=(0.0, 0.04), slope=(-6, -1),
        breath=(0.03, 0.3), breath_hz=(1500, 4000), chiff=(0.0, 0.3),
    ),
    "rooster": Tone(
        (380, 850), start=(-0.45, 0.0), middle=(0.0, 0.5), end=(-0.5, 0.0),
        pulse_hz=(2.0, 4.5), pulse=(0.0, 0.9), sharpness=(0.3, 0.9), jitter=(0.0, 0.03),
        formants_hz=((1100, 2300, 3400), (1000, 1900, 3200)), tract=(0.85, 1.2),
        formant_width=(1.0, 2.2), slope=(-7, -2), breath=(0.02, 0.2), attack_s=(0.01, 0.06),
    ),
    "frog": Tone(
        (110, 420), melody=(0.0, 0.25), start=(-0.3, 0.2), end=(-0.3, 0.4),
        pulse_hz=(14, 55), pulse=(0.15, 1.0), sharpness=(0.8, 3.0),
        formants_hz=((620, 1400, 2600),), tract=(0.7, 1.6), formant_width=(1.2, 3.0),
        slope=(-7, -1), jitter=(0.0, 0.03), breath=(0.03, 0.3), breath_hz=(800, 3000),
        fade=(0.0, 1.0),
    ),
}  # fmt: skip
