"""ROUGE-L: F of the longest common subsequence of words (rouge.py)."""

from softscale.metrics.rouge import Rouge


class RougeL(Rouge):
    name = "rouge_l"
    kind = "rougeL"
