"""RTE: does the premise entail the hypothesis? (Dagan et al. 2005)

The text form is T5's: the fields in alphabetical order.
"""

from softscale.metrics.accuracy import Accuracy
from softscale.tasks.classification import Classification
from softscale.tasks.official_files import superglue


class RTE(Classification):
    name = "rte"
    official = superglue("RTE", "rte")
    columns = ("hypothesis", "premise")
    words = {word: word for word in ("entailment", "not_entailment")}
    scored_by = (Accuracy(),)
