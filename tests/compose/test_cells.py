"""Sessions of Hydra."""

from softscale.compose.cells import hydra_session, single


def test_a_session_goes_on_after_another_one_within_it() -> None:
    with hydra_session():
        with hydra_session():
            inner = single(["seed=1"]).config
        assert single(["seed=1"]).config == inner
