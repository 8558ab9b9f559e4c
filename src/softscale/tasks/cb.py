"""CB: does the premise entail the hypothesis, contradict it, or neither? (de Marneffe et al. 2019)

The text form is T5's: the fields in alphabetical order. F1 is the unweighted mean over the three classes.
"""

from softscale.metrics.accuracy import Accuracy
from softscale.metrics.macro_f1 import MacroF1
from softscale.tasks.classification import Classification
from softscale.tasks.official_files import superglue


class CB(Classification):
    name = "cb"
    official = superglue("CB", "cb")
    columns = ("hypothesis", "premise")
    words = {word: word for word in ("entailment", "contradiction", "neutral")}
    scored_by = (Accuracy(), MacroF1(tuple(words), key="f1"))
