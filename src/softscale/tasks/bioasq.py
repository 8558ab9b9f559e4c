"""BioASQ: biomedical questions by experts on abstracts of PubMed. (Tsatsaronis et al. 2015)

One of the six out-of-domain sets of the MRQA 2019 shared task (Fisch et al. 2019), evaluation only: the paper trains
on SQuAD and scores them untrained (section 5, Table 1).
"""

from softscale.tasks.official_files import mrqa
from softscale.tasks.question_answering import QuestionAnswering


class BioASQ(QuestionAnswering):
    name = "bioasq"
    official = mrqa("BioASQ")
