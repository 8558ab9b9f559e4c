"""usage: softscale claims [runtime.results=DIR]

Records to results/claims.md: each claim of the paper, what the miniature ladder shows, with its interval, and whether
the claim holds by a rule that is told beside it. What was not run is said to be; nothing is trained.
"""

from collections.abc import Sequence
from pathlib import Path

from softscale import claims
from softscale.claims.claim import Material
from softscale.claims.page import to_markdown
from softscale.commands.options import options
from softscale.commands.report import experiment_of
from softscale.compose.cells import cells, hydra_session
from softscale.config import ROOT
from softscale.figures.look import read_rows
from softscale.files import write_atomically
from softscale.finished.neighbours import NEIGHBOURS
from softscale.runs.job import PUBLISHED


def main(arguments: Sequence[str]) -> int:
    folder = options("claims", arguments, ("runtime.results",), ()).get("runtime.results", str(PUBLISHED))
    chosen = [f"runtime.results={folder}"]
    groups = claims.found()
    names = dict.fromkeys(claim.experiment for group in groups.values() for claim in group if claim.experiment)
    with hydra_session():
        results = Path(cells(chosen)[0].config.runtime.results)
        material = {"": Material()} | {name: _material(name, chosen, results) for name in names}
    findings = {title: [claim.find(material[claim.experiment]) for claim in group] for title, group in groups.items()}
    page = results / "claims.md"
    write_atomically(page, to_markdown(groups, findings, material).encode())
    for title, group in groups.items():
        print(title)
        for claim, finding in zip(group, findings[title], strict=True):
            print(f"  {finding.verdict.value}: {claim.words} ({finding.measured})")
    print(page)
    return 0


def _material(name: str, arguments: Sequence[str], results: Path) -> Material:
    """The records of an experiment and its page, or why there is neither. Within `hydra_session`."""
    if not (ROOT / "experiments" / f"{name}.yaml").exists():
        return Material(missing=f"there is no experiments/{name}.yaml")
    experiment = experiment_of(cells([f"experiment={name}", *arguments]))
    tables = [results / name / table for table in ("table.csv", NEIGHBOURS)]
    page, prompts = (read_rows(table) if table.exists() else [] for table in tables)
    if not experiment.records and not page:
        return Material(missing=f"experiment={name} has no records and no page")
    return Material(records=experiment.records, cells=len(experiment.cells), page=page, prompts=prompts)
