"""SQuAD v1.1: questions on paragraphs of Wikipedia, answered by a span. (Rajpurkar et al. 2016)"""

from softscale.tasks.official_files import squad
from softscale.tasks.question_answering import QuestionAnswering


class SQuAD(QuestionAnswering):
    name = "squad"
    official = squad()
