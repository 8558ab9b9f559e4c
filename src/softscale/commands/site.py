"""usage: softscale site [to=DIR] [runtime.results=DIR]

The results as a static page: every experiment with a chart and its table, every run with its curve, provenance and
predictions, the claims with their verdicts. Open DIR/index.html (site/index.html by default) in a browser; it needs
neither a server nor a network. Nothing is trained or computed anew: what `softscale report` and `softscale claims`
wrote is what is shown.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from softscale.commands.options import check_can_be_made, options
from softscale.runs.job import PUBLISHED


def main(arguments: Sequence[str]) -> int:
    chosen = options("site", arguments, ("to", "runtime.results"), ())
    to = Path(chosen.get("to", "site"))
    check_can_be_made(to / "index.html", str(to))
    from softscale.site.build import build_site

    damaged: list[str] = []
    experiments, runs = build_site(Path(chosen.get("runtime.results", PUBLISHED)), to, damaged)
    for sentence in damaged:
        print(f"note: skipped: {sentence}", file=sys.stderr)
    print(f"{to}/index.html: {experiments} experiments and {runs} runs")
    return 0
