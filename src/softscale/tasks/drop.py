"""DROP: questions on Wikipedia that need counting, sorting or arithmetic. (Dua et al. 2019)

One of the six out-of-domain sets of the MRQA 2019 shared task (Fisch et al. 2019), evaluation only: the paper trains
on SQuAD and scores them untrained (section 5, Table 1).
"""

from softscale.tasks.official_files import mrqa
from softscale.tasks.question_answering import QuestionAnswering


class DROP(QuestionAnswering):
    name = "drop"
    official = mrqa("DROP")
