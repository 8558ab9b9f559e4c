"""chrF of the corpus (Popović 2015), as sacrebleu computes it by default: n-grams of 1 to 6 characters, beta 2."""

from typing import TYPE_CHECKING

from softscale.metrics.corpus import Corpus

if TYPE_CHECKING:
    from sacrebleu.metrics.chrf import CHRF


class ChrF(Corpus):
    name = "chrf"

    def scorer(self) -> "CHRF":
        from sacrebleu.metrics.chrf import CHRF

        return CHRF()
