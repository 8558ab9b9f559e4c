"""Files of recipes that are read without Hydra say what Hydra composes of them."""

import pytest
from hydra import compose
from omegaconf import MISSING, OmegaConf

from softscale import tasks
from softscale.compose.cells import hydra_session
from softscale.compose.recipe_files import composed
from softscale.config import ROOT
from softscale.runs.record import dotted

METHODS = sorted(path.stem for path in (ROOT / "conf" / "method").glob("*.yaml"))
TASKS = tasks.names()  # nobody has put tasks of one's own in words of prompt design
CHOICES = [
    *({"method": method, "optim": f"paper/{method}", "task": "rte"} for method in METHODS),
    *({"method": "prompt_design", "optim": "paper/prompt_design", "task": task} for task in TASKS),
    *(
        {"method": "prompt_tuning", "optim": f"released/{name}", "task": "cb"}
        for name in ("prompt_tuning", "model_tuning")
    ),
    {"method": "model_tuning", "optim": "paper/multi_task", "task": "superglue"},
]


@pytest.mark.parametrize("chosen", CHOICES, ids=lambda chosen: "-".join(chosen.values()).replace("/", "_"))
def test_files_say_what_hydra_composes(chosen: dict[str, str]) -> None:
    with hydra_session():
        whole = compose("config", overrides=["data=hub", *(f"{group}={option}" for group, option in chosen.items())])
        expected = dotted({group: OmegaConf.to_container(whole[group], resolve=True) for group in chosen})
    found = dotted(composed(chosen, ladder="paper"))
    assert found.items() <= expected.items()
    left = {
        name: value for name, value in expected.items() if name not in found and value not in (MISSING, None, False)
    }
    # What no file sets is at the default of its dataclass.
    assert left.keys() <= {
        *("method.wording.instruction", "method.wording.separator"),
        *("optim.dropout_shared", "task.decoder", "task.best"),
    }
