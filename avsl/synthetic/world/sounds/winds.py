"""How whistles, pipes, bows and whistling birds sound: few harmonics, breath, vibrato.

A low kettle may be a flute, a plain trill of a bird the pea in a whistle.
"""

from avsl.synthetic.world.sounds.tones import Tone

WINDS: dict[str, Tone] = {
    "songbird": Tone(
        (1500, 5000), melody=(0.0, 0.5), start=(-0.35, 0.35), middle=(-0.2, 0.2),
        end=(-0.35, 0.35), wobble_hz=(12, 45), wobble=(0.0, 0.15), slope=(-24, -10),
        breath=(0.005, 0.12), attack_s=(0.005, 0.03), release_s=(0.01, 0.05),
        breath_hz=(2000, 4500),
    ),
    "owl": Tone(
        (260, 780), melody=(0.0, 0.2), start=(-0.22, 0.0), middle=(0.0, 0.08), end=(-0.25, 0.0),
        slope=(-24, -11), breath=(0.02, 0.22), breath_hz=(500, 2000), wobble_hz=(4, 12),
        wobble=(0.0, 0.03), attack_s=(0.02, 0.08), release_s=(0.03, 0.14),
    ),
    "violin": Tone(
        (196, 950), melody=(0.0, 0.8), wobble_hz=(4.0, 7.0), wobble=(0.0, 0.025),
        slope=(-12, -4), formants_hz=((480, 1050, 2700),), tract=(0.8, 1.25),
        formant_width=(2.0, 5.0), floor=(0.15, 0.6), scatter=(1, 1), breath=(0.01, 0.12),
        breath_hz=(1500, 4500), attack_s=(0.02, 0.09), release_s=(0.03, 0.12),
        start=(-0.06, 0.0), end=(-0.04, 0.04),
    ),
    "flute": Tone(
        (300, 1400), melody=(0.0, 0.7), start=(-0.12, 0.0), end=(-0.12, 0.04),
        wobble_hz=(4.0, 8.0), wobble=(0.0, 0.02), pulse_hz=(4.0, 7.0), pulse=(0.0, 0.3),
        slope=(-20, -7), breath=(0.02, 0.25), breath_hz=(700, 3000), chiff=(0.0, 0.4),
        attack_s=(0.015, 0.07), release_s=(0.03, 0.1),
    ),
    "kettle": Tone(
        (900, 2900), start=(-0.35, 0.0), end=(-0.05, 0.2), jitter=(0.0, 0.02),
        slope=(-24, -10), breath=(0.1, 1.6), breath_hz=(1500, 4500), pulse_hz=(1.0, 7.0),
        pulse=(0.0, 0.3), attack_s=(0.02, 0.08), release_s=(0.03, 0.08),
    ),
    "whistle": Tone(
        (1100, 3400), melody=(0.0, 0.3), start=(-0.2, 0.05), end=(-0.2, 0.1),
        wobble_hz=(8, 42), wobble=(0.0, 0.07), pulse_hz=(8, 42), pulse=(0.0, 0.5),
        slope=(-24, -9), breath=(0.02, 0.3), breath_hz=(1500, 4500), attack_s=(0.008, 0.05),
    ),
}  # fmt: skip
