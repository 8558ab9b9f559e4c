"""COPA: which of two choices is the cause or the effect of the premise? (Roemmele et al. 2011)

The text form is T5's: the fields in alphabetical order. The official labels are 0 and 1, in the download and on the hub
alike.
"""

from softscale.metrics.accuracy import Accuracy
from softscale.tasks.classification import Classification
from softscale.tasks.official_files import superglue


class COPA(Classification):
    name = "copa"
    official = superglue("COPA", "copa")
    columns = ("choice1", "choice2", "premise", "question")
    words = {0: "choice1", 1: "choice2"}
    scored_by = (Accuracy(),)
