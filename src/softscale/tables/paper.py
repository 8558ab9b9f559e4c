"""The paper's own numbers as data, each with its source, and the formulas that they follow from.

Lester, Al-Rfou & Constant 2021, "The Power of Scale for Parameter-Efficient Prompt Tuning",
EMNLP 2021 (arXiv 2104.08691v2). Scores are fractions; sizes are small, base, large, xl, xxl.
"""

from dataclasses import dataclass

# Parameters of the frozen T5 1.1: Table 4's totals less the prompt.
BASE_PARAMETERS = {
    "small": 76_961_152,
    "base": 247_577_856,
    "large": 783_150_080,
    "xl": 2_849_757_184,
    "xxl": 11_135_332_352,
}


@dataclass(frozen=True, kw_only=True)
class ShareClaim:
    """What Figure 4 and its caption say of a method's task parameters, as a share of the model's."""

    method: str
    least: float  # a fraction
    most: float
    over: float  # parameters of the models that it is said of
    words: str


SHARES = (
    ShareClaim(method="model_tuning", least=1, most=1, over=0, words="100 %"),
    ShareClaim(method="prefix_tuning", least=0.001, most=0.01, over=0, words="0.1 to 1 % for inference"),
    ShareClaim(method="warp", least=0, most=0.001, over=0, words="under 0.1 %"),
    ShareClaim(method="prompt_tuning", least=0, most=0.0001, over=1e9, words="under 0.01 % of models over 1 B"),
)


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """A dev score of the literature, to be seen beside ours."""

    model: str
    method: str
    task: str  # `superglue` is the SuperGLUE score
    total: float  # parameters of the backbone
    score: float
    certain: bool  # read in the paper's text; otherwise recalled, and never drawn
    source: str


# Table 3: mean of five prompts on one frozen T5-XXL, SuperGLUE dev, every metric of a task.
TABLE_3_AVERAGE = {
    "boolq": (0.911,),
    "cb": (0.993, 0.990),  # accuracy, macro F1
    "copa": (0.988,),
    "multirc": (0.657, 0.887),  # exact match, F1 over answers
    "record": (0.927, 0.934),  # exact match, F1
    "rte": (0.926,),
    "wic": (0.762,),
    "wsc": (0.958,),
}
TABLE_3_SUPERGLUE = 0.905
# The best of the five, and their majority vote, in the same order of metrics.
TABLE_3_BEST = {
    "boolq": (0.913,),
    "cb": (1.0, 1.0),
    "copa": (1.0,),
    "multirc": (0.663, 0.890),
    "record": (0.929, 0.935),
    "rte": (0.935,),
    "wic": (0.766,),
    "wsc": (0.962,),
}
TABLE_3_ENSEMBLE = {
    "boolq": (0.917,),
    "cb": (1.0, 1.0),
    "copa": (1.0,),
    "multirc": (0.671, 0.894),
    "record": (0.932, 0.939),
    "rte": (0.935,),
    "wic": (0.774,),
    "wsc": (0.962,),
}
TABLE_3_BEST_SUPERGLUE = 0.910
TABLE_3_ENSEMBLE_SUPERGLUE = 0.913
TABLE_3_METRICS = {"cb": ("accuracy", "f1"), "multirc": ("em", "f1"), "record": ("em", "f1")}  # of others: accuracy


def table_3() -> dict[tuple[str, str, str], float]:
    """Table 3: (task, metric, what) -> score; what is average, best or ensemble.

    The metric `score` is the mean of a task's metrics, and of the task `superglue` the last row.
    """
    scores = {}
    columns = (
        ("average", TABLE_3_AVERAGE, TABLE_3_SUPERGLUE),
        ("best", TABLE_3_BEST, TABLE_3_BEST_SUPERGLUE),
        ("ensemble", TABLE_3_ENSEMBLE, TABLE_3_ENSEMBLE_SUPERGLUE),
    )
    for what, printed, superglue in columns:
        for task, values in printed.items():
            metrics = TABLE_3_METRICS.get(task, ("accuracy",))
            scores |= {(task, metric, what): value for metric, value in zip(metrics, values, strict=True)}
            scores[task, "score", what] = sum(values) / len(values)
        scores["superglue", "score", what] = superglue
    return scores


@dataclass(frozen=True, kw_only=True)
class Transferred:
    """A row of Table 1 or 2: a score without training on that task, mean and standard deviation of three runs."""

    trained_on: str
    scored_on: str
    metric: str
    model_tuning: tuple[float, float]
    prompt_tuning: tuple[float, float]

    @property
    def delta(self) -> float:
        """Prompt tuning less model tuning."""
        return self.prompt_tuning[0] - self.model_tuning[0]


def _transferred(
    trained_on: str, scored_on: str, metric: str, model: tuple[float, float], prompt: tuple[float, float]
) -> Transferred:
    return Transferred(
        trained_on=trained_on, scored_on=scored_on, metric=metric, model_tuning=model, prompt_tuning=prompt
    )


# Section 5. The size of the models is not printed; the text before and after is of XXL.
TABLE_1 = (
    _transferred("squad", "squad", "f1", (0.949, 0.002), (0.948, 0.001)),
    _transferred("squad", "textbookqa", "f1", (0.543, 0.037), (0.668, 0.029)),
    _transferred("squad", "bioasq", "f1", (0.779, 0.004), (0.791, 0.003)),
    _transferred("squad", "race", "f1", (0.598, 0.006), (0.607, 0.005)),
    _transferred("squad", "re", "f1", (0.884, 0.001), (0.888, 0.002)),
    _transferred("squad", "duorc", "f1", (0.689, 0.007), (0.677, 0.011)),
    _transferred("squad", "drop", "f1", (0.689, 0.017), (0.671, 0.019)),
)
TABLE_2 = (
    _transferred("qqp", "mrpc", "accuracy", (0.731, 0.009), (0.763, 0.001)),
    _transferred("qqp", "mrpc", "f1", (0.812, 0.021), (0.843, 0.003)),
    _transferred("mrpc", "qqp", "accuracy", (0.749, 0.013), (0.754, 0.008)),
    _transferred("mrpc", "qqp", "f1", (0.709, 0.012), (0.697, 0.003)),
)


def transfers() -> dict[tuple[str, str, str], Transferred]:
    """Tables 1 and 2 by (trained on, scored on, metric)."""
    return {(row.trained_on, row.scored_on, row.metric): row for row in (*TABLE_1, *TABLE_2)}


def _xxl(task: str, score: float) -> Anchor:
    return Anchor(
        model="T5-XXL",
        method="prompt_tuning",
        task=task,
        total=BASE_PARAMETERS["xxl"],
        score=score,
        certain=True,
        source="Table 3, average",
    )


def _recalled(model: str, method: str, total: float, score: float, source: str) -> Anchor:
    return Anchor(
        model=model,
        method=method,
        task="superglue",
        total=total,
        score=score,
        certain=False,
        source=source,
    )


ANCHORS = (
    _xxl("superglue", TABLE_3_SUPERGLUE),
    *(_xxl(task, sum(scores) / len(scores)) for task, scores in TABLE_3_AVERAGE.items()),
    _recalled("T5-Base", "prompt_tuning", BASE_PARAMETERS["base"], 0.666, "Vu et al. 2022, Table 1"),
    _recalled("GPT-3 XL", "prompt_design", 1.3e9, 0.600, "Brown et al. 2020, Table H.1"),
    _recalled("GPT-3 13B", "prompt_design", 13e9, 0.669, "Brown et al. 2020, Table H.1"),
    _recalled("GPT-3 175B", "prompt_design", 175e9, 0.732, "Brown et al. 2020, Table H.1"),
)
