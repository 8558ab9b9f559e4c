"""MRPC: do two sentences of the news say the same? (Dolan & Brockett 2005; GLUE, Wang et al. 2019)

The text form is T5's. Metrics are GLUE's: accuracy, and F1 of `equivalent` with T5's rule for what is no label.
"""

from softscale.metrics.accuracy import Accuracy
from softscale.metrics.binary_f1 import BinaryF1
from softscale.tasks.classification import Classification
from softscale.tasks.official_files import glue


class MRPC(Classification):
    name = "mrpc"
    official = glue("MRPC", "mrpc")
    columns = ("sentence1", "sentence2")
    official_columns = {"sentence1": "#1 String", "sentence2": "#2 String"}
    label_column = "Quality"
    words = {"0": "not_equivalent", "1": "equivalent"}
    scored_by = (Accuracy(), BinaryF1(*words.values(), key="f1"))

    def translated(self, text: str, trained_on: str) -> str:
        # As the authors' qqp_to_mrpc: the input keeps this task's form, the answer changes its word.
        return text.replace("duplicate", "equivalent") if trained_on == "qqp" else text
