"""Two paraphrase tasks of two domains, in the official form of MRPC and QQP (paper, Table 2).

MRPC pairs statements and QQP pairs questions about who has a thing; two thirds of MRPC's pairs and 37 % of QQP's say
the same, as in the real sets. As there, the overlap of words tells much: a linear model on their presence scores 96 %
on MRPC, where the majority class has 67 %. What is measured is whether that carries over from statements to questions.
"""

import random
from collections.abc import Callable
from typing import Any

from softscale.world.passages import pair

Record = dict[str, Any]


def mrpc(rng: random.Random, split: str) -> Record:
    passage = pair(rng, split, asks=False, same_share=0.67)
    first, second = passage.both
    return {"Quality": str(int(passage.same)), "#1 String": first, "#2 String": second}


def qqp(rng: random.Random, split: str) -> Record:
    passage = pair(rng, split, asks=True, same_share=0.37)
    first, second = passage.both
    return {"question1": first, "question2": second, "is_duplicate": str(int(passage.same))}


PARAPHRASE: dict[str, Callable[[random.Random, str], Record]] = {"mrpc": mrpc, "qqp": qqp}
