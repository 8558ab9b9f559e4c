"""Scores by rung and setting, averaged over tasks: the curves of a figure, with what is needed for their intervals."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from softscale.claims.claim import Finding, Missing, above, points
from softscale.metrics import bootstrap as statistics
from softscale.metrics.bootstrap import Estimate
from softscale.runs.record import Record
from softscale.tables.rungs import rung_names, sizes_of

Study = Mapping[str, Any]
Scores = Iterator[tuple[str, float, Sequence[float]]]  # of each task: name, score, score on each resample


def on_dev(record: Record) -> Scores:
    """The dev score of a run; of a mixture, of each of its tasks."""
    mixed, scores = record.study["task"].get("tasks"), record.selected()
    for name in mixed or [record.study["task"]["name"]]:
        key = f"dev/{name}" if mixed else "dev"
        yield name, scores[f"{key}/score"], record.resampled.get(key, ())


def on_transfer(record: Record) -> Scores:
    """The scores on the tasks that a run was not trained on."""
    for name in record.study["transfer"]:
        key = f"transfer/{name}"
        yield name, record.transfer[f"{key}/score"], record.resampled.get(key, ())


def by_method(study: Study) -> str:
    """A setting: the name of the method."""
    return study["method"]["name"]


class Curves:
    """The runs of an experiment by rung, smallest first, and by setting.

    Every score is averaged over the same tasks: all that occur in the records.
    """

    def __init__(
        self,
        records: Iterable[Record],
        setting: Callable[[Study], Any],
        scores: Callable[[Record], Scores] = on_dev,
        tasks: Iterable[str] | None = None,
    ) -> None:
        """setting: what tells the runs of a rung apart; runs of None are left out. tasks: those that count, or all."""
        self.runs: dict[tuple[str, Any], dict[str, dict[int, tuple[float, Sequence[float]]]]] = {}
        ordered = sorted(records, key=lambda record: record.id)
        sizes = sizes_of({"model": record.study["model"]["name"], **record.parameters} for record in ordered)
        self._rungs = rung_names(sizes)
        wanted = set(tasks) if tasks is not None else None
        for record in ordered:
            value = setting(record.study)
            if value is None:
                continue
            rung = self.rung_of(record.study)
            group = self.runs.setdefault((rung, value), defaultdict(dict))
            for task, score, resampled in scores(record):
                if wanted is None or task in wanted:
                    if record.study["seed"] in group[task]:
                        raise ValueError(f"{rung}, {value} has two records of {task}, seed {record.study['seed']}")
                    group[task][record.study["seed"]] = (score, resampled)
        run = {rung for rung, _ in self.runs}
        self.sizes = {self._rungs[model]: size for model, size in sizes.items() if self._rungs[model] in run}
        self.rungs = list(self.sizes)
        self.tasks = sorted({task for group in self.runs.values() for task in group})

    def rung_of(self, study: Study) -> str:
        """The rung of a run's model: models of one size are checkpoints of one."""
        return self._rungs[study["model"]["name"]]

    def settings(self) -> list[Any]:
        return sorted({setting for _, setting in self.runs})

    def rungs_with(self, *settings: Any) -> list[str]:
        """The rungs where all of these were run. Raises Missing where there is none."""
        found = [rung for rung in self.rungs if all((rung, setting) in self.runs for setting in settings)]
        if not found:
            raise Missing(f"no rung has {' and '.join(map(str, settings))}")
        return found

    def ladder(self, *settings: Any) -> list[str]:
        """As `rungs_with`, at least two. Raises Missing where there are fewer."""
        found = self.rungs_with(*settings)
        if len(found) < 2:
            raise Missing(f"{' and '.join(map(str, settings))} were run on {found[0]} only")
        return found

    def score(self, rung: str, setting: Any) -> Estimate:
        """The mean over tasks and seeds, of the seeds that have every task. Raises Missing where none has."""
        group = self.runs.get((rung, setting), {})
        seeds = set.intersection(*(set(group.get(task, {})) for task in self.tasks)) if self.tasks else set()
        if not seeds:
            raise Missing(f"{rung}, {setting}: no seed has all of {', '.join(self.tasks)}")
        return statistics.mean([self._of_task(rung, setting, task, sorted(seeds)) for task in self.tasks])

    def _of_task(self, rung: str, setting: Any, task: str, seeds: Sequence[int]) -> Estimate:
        """The mean over `seeds`. All tasks of a curve's point have one name: a seed is drawn with all its tasks."""
        runs = [self.runs[rung, setting][task][seed] for seed in seeds]
        return statistics.over_seeds(
            [score for score, _ in runs], [resampled for _, resampled in runs], f"{rung} {setting}"
        )

    def gain(self, rung: str, setting: Any, over: Any) -> Estimate:
        """What `setting` has over another one on a rung."""
        return self.score(rung, setting) - self.score(rung, over)

    def gains(self, rungs: Sequence[str], setting: Any, over: Any) -> dict[str, Estimate]:
        return {rung: self.gain(rung, setting, over) for rung in rungs}

    def mean_gain(self, rungs: Sequence[str], setting: Any, over: Any) -> Estimate:
        return statistics.mean(list(self.gains(rungs, setting, over).values()))


def by_rung(estimates: Mapping[str, Estimate]) -> str:
    """`mini_1 12.3 [10.1, 14.6], mini_2 …`"""
    return ", ".join(f"{rung} {points(estimate)}" for rung, estimate in estimates.items())


def mean_above(gains: Mapping[str, Estimate], bound: float = 0.0) -> Finding:
    """Whether the mean of the gains is above `bound`."""
    gain = statistics.mean(list(gains.values()))
    return Finding(f"mean {points(gain)}: {by_rung(gains)}", above(gain, bound))
