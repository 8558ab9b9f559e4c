"""ROUGE-Lsum: F of the longest common subsequences of sentence with sentence, for summaries of several (rouge.py).

rouge-score takes a line for a sentence. A T5 writes no lines, so a sentence ends here at a full stop, a question mark
or an exclamation mark before a space as well.
"""

import re

from softscale.metrics.rouge import Rouge


class RougeLsum(Rouge):
    name = "rouge_lsum"
    kind = "rougeLsum"

    def prepared(self, text: str) -> str:
        return re.sub(r"(?<=[.!?])\s+", "\n", text)
