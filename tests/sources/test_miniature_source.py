"""The miniature world has examples of its own tasks only."""

import pytest

from softscale import tasks
from softscale.errors import InputError
from softscale.sources.miniature import MiniatureConfig
from softscale.tasks.custom import CustomTask


def test_a_task_that_the_world_does_not_have_is_refused_with_those_that_it_has() -> None:
    config = CustomTask(name="own", input_length=8, target_length=8, template="{t}", target="y", metric="accuracy")
    source = MiniatureConfig(name="miniature", seed=0, train_records=1, dev_records=1).open()
    with pytest.raises(InputError, match=r"task=own: the miniature world has only boolq, cb"):
        source.examples(tasks.of(config), "dev")
