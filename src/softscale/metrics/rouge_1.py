"""ROUGE-1: F of single words (rouge.py)."""

from softscale.metrics.rouge import Rouge


class Rouge1(Rouge):
    name = "rouge_1"
    kind = "rouge1"
