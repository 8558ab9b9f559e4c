"""WiC: does a word mean the same in two sentences? (Pilehvar & Camacho-Collados 2019)

The text form is T5's, which ignores where in the sentences the word stands.
"""

from softscale.metrics.accuracy import Accuracy
from softscale.tasks.classification import Classification
from softscale.tasks.official_files import superglue


class WiC(Classification):
    name = "wic"
    official = superglue("WiC", "wic")
    columns = ("sentence1", "sentence2", "word")
    words = {False: "False", True: "True"}
    scored_by = (Accuracy(),)
