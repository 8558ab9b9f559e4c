"""QQP: do two questions of Quora ask the same? (Iyer et al. 2017; GLUE, Wang et al. 2019)

The text form is T5's. Metrics are GLUE's: accuracy, and F1 of `duplicate` with T5's rule for what is no label. A few
lines of the official train.tsv are broken in two by a line break within a question; they are left out, as in TFDS,
which the paper used (section A.3) and whose count it prints (Table 7).
"""

from softscale.metrics.accuracy import Accuracy
from softscale.metrics.binary_f1 import BinaryF1
from softscale.tasks.classification import Classification
from softscale.tasks.official_files import glue


class QQP(Classification):
    name = "qqp"
    official = glue("QQP", "qqp", short_lines=True)
    columns = ("question1", "question2")
    label_column = "is_duplicate"
    words = {"0": "not_duplicate", "1": "duplicate"}
    scored_by = (Accuracy(), BinaryF1(*words.values(), key="f1"))

    def translated(self, text: str, trained_on: str) -> str:
        # As the authors' mrpc_to_qqp: the input keeps this task's form, the answer changes its word.
        return text.replace("equivalent", "duplicate") if trained_on == "mrpc" else text
