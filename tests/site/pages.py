"""What the tests of the site share: sites of committed and of hostile results, and the data in their scripts."""

import gzip
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from softscale.config import ROOT
from softscale.site.build import build_site

RESULTS = ROOT / "results"
HOSTILE = '</script><img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\' \\ \u2028 `${1}` {{x}}'
RUN = "0123456789ab"


def committed_site(folder: Path) -> Path:
    build_site(RESULTS, folder, [])
    return folder


def hostile_site(folder: Path) -> Path:
    """The site of one run in whose every text somebody wrote markup and code."""
    results = folder / "results"
    for part in ("records", "predictions", "own/odd"):
        (results / part).mkdir(parents=True)
    rows = [
        {"input": f"{HOSTILE} one", "target": "True", "prediction": HOSTILE, "written": f"wrote {HOSTILE}"},
        {"input": f"{HOSTILE} two", "target": "False", "prediction": "False"},
    ]
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    (results / "predictions" / f"{RUN}.jsonl.gz").write_bytes(gzip.compress(content))
    record = json.loads(next((RESULTS / "records").glob("*.json")).read_text())
    record["id"], record["notes"] = RUN, [HOSTILE]
    # Names that are no plain words are refused with their record; texts are not. The method is of another checkout.
    record["study"] |= {"seed": 0, "method": {"name": "own_method", "words": HOSTILE}}
    record["study"]["task"] |= {"name": "boolq"}
    record["provenance"] |= {"command": HOSTILE, "versions": {HOSTILE: HOSTILE}, "__proto__": {"hacked": 1}}
    record["predictions"] |= {"sha256": hashlib.sha256(content).hexdigest(), "count": 2, "illegal": 1}
    (results / "records" / f"{RUN}.json").write_text(json.dumps(record))
    quoted = '"' + HOSTILE.replace('"', '""') + '"'
    head = "model,method,label,task,tasks,total,trained,miniature,mean,std,low,high,n,illegal,collapsed,dirty,majority"
    line = f"{quoted},lora,{quoted},boolq,1,100,10,True,0.5,,0.4,0.6,1,0,0,False,0.5"
    (results / "own/odd/table.csv").write_text(f"{head}\n{line}\n")
    (results / "own/odd/runs.csv").write_text(
        f"id,model,method,label,task,seed,score\n{RUN},{quoted},lora,{quoted},boolq,0,0.500000\n"
    )
    (results / "own/odd/table.md").write_text(f"# Odd {HOSTILE}\n\nClaim {HOSTILE}\n\n## Notes\n\n- note {HOSTILE}\n")
    table = f"| paper | claim | here | verdict | holds if |\n|{' --- |' * 5}\n| 1 | {HOSTILE} | 0 | holds | x |"
    (results / "claims.md").write_text(
        f"# Claims\n\n## Title {HOSTILE}\n\n{table}\n\nFrom `own/odd`, 1 of 1 cells run.\n"
    )
    build_site(results, folder / "site", [])
    return folder / "site"


@cache
def data(site: Path, name: str) -> Any:
    """What the script of that name hands to the page."""
    text = (site / f"{name}.js").read_text()
    quoted = re.fullmatch(r"softscale\.take\('((?:[^'\\]|\\.)*)','((?:[^'\\]|\\.)*)'\);\n", text, re.DOTALL)
    assert quoted, f"{name}.js is not one call with two strings"
    return json.loads(_unescaped(quoted[2]))


def _unescaped(text: str) -> str:
    def plain(escape: re.Match[str]) -> str:
        code = escape[1]
        return chr(int(code[1:], 16)) if code[0] in "xu" else {"n": "\n", "r": "\r"}.get(code, code)

    return re.sub(r"\\(x[0-9a-f]{2}|u[0-9a-f]{4}|.)", plain, text, flags=re.DOTALL)
