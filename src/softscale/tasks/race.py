"""RACE: questions of English examinations for Chinese pupils. (Lai et al. 2017)

One of the six out-of-domain sets of the MRQA 2019 shared task (Fisch et al. 2019), evaluation only: the paper trains
on SQuAD and scores them untrained (section 5, Table 1).
"""

from softscale.tasks.official_files import mrqa
from softscale.tasks.question_answering import QuestionAnswering


class RACE(QuestionAnswering):
    name = "race"
    official = mrqa("RACE")
