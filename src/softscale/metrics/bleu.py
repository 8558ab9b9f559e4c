"""BLEU of the corpus (Papineni et al. 2002), as sacrebleu computes it by default: tokens of 13a, exponential smoothing.

A corpus in which no text has four tokens scores 0, whatever is written: chrF is for short texts.
"""

from typing import TYPE_CHECKING

from softscale.metrics.corpus import Corpus

if TYPE_CHECKING:
    from sacrebleu.metrics.bleu import BLEU


class Bleu(Corpus):
    name = "bleu"

    def scorer(self) -> "BLEU":
        from sacrebleu.metrics.bleu import BLEU

        return BLEU(force=True)  # which silences a warning only
