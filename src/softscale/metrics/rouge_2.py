"""ROUGE-2: F of pairs of words (rouge.py)."""

from softscale.metrics.rouge import Rouge


class Rouge2(Rouge):
    name = "rouge_2"
    kind = "rouge2"
