"""BoolQ: does the passage answer the question with yes? (Clark et al. 2019)

The text form is T5's: the fields in alphabetical order.
"""

from softscale.metrics.accuracy import Accuracy
from softscale.tasks.classification import Classification
from softscale.tasks.official_files import superglue


class BoolQ(Classification):
    name = "boolq"
    official = superglue("BoolQ", "boolq")
    columns = ("passage", "question")
    words = {False: "False", True: "True"}
    scored_by = (Accuracy(),)
