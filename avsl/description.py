"""What is in a clip, in words: the schema that every describer of clips fills in."""

from dataclasses import dataclass

OUT_OF_VIEW = ", out of view"  # ends the phrase of a sound whose source cannot be seen


@dataclass(frozen=True)
class Description:
    """One scene in short phrases such as "a brown dog barking".

    ``sounding``: what is heard, in view or (ending in ", out of view") not; ``silent``: what is
    only seen.
    """

    sounding: tuple[str, ...]
    silent: tuple[str, ...]
    background: str

    @property
    def heard(self) -> tuple[str, ...]:
        """The sounding phrases without a word on where their sources are."""
        return tuple(phrase.removesuffix(OUT_OF_VIEW) for phrase in self.sounding)

    @property
    def heard_in_view(self) -> tuple[str, ...]:
        """The sounding phrases whose sources can be seen."""
        return tuple(phrase for phrase in self.sounding if not phrase.endswith(OUT_OF_VIEW))

    def as_json(self) -> dict[str, object]:
        """Ready for ``json.dumps``."""
        return {
            "sounding": list(self.sounding),
            "silent": list(self.silent),
            "background": self.background,
        }
