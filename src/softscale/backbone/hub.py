"""Whether the hub of Hugging Face can be asked: tried once a process, before its clients try for a minute."""

from softscale.errors import InputError

PATIENCE = 5.0  # seconds
_asked: dict[str, str | None] = {}  # why a hub did not answer, by its address; None: it did


def offline() -> str | None:
    """Why the hub cannot be asked, in a line; None where it can.

    Where it does not answer, this process goes on as with HF_HUB_OFFLINE=1: what is in the cache is used, and nothing
    is tried again.
    """
    from huggingface_hub import constants, get_session

    hub = constants.ENDPOINT
    if hub not in _asked and constants.HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE is set"
    if hub not in _asked:
        try:
            get_session().head(hub, timeout=PATIENCE)
            _asked[hub] = None  # whatever it said
        except Exception as error:  # of a name, a proxy, a certificate or a socket
            constants.HF_HUB_OFFLINE = True
            _asked[hub] = f"{hub} does not answer: {(str(error).splitlines() or [type(error).__name__])[0]}"
    return _asked[hub]


def check_at_hand(name: str, path: str, revision: str | None) -> None:
    """Raises InputError where the model `name`, `path` on the hub, is not in the cache and cannot be downloaded now."""
    from huggingface_hub import try_to_load_from_cache

    why = offline()
    if why and not isinstance(try_to_load_from_cache(path, "config.json", revision=revision or "main"), str):
        raise InputError(
            f"model={name}: {path} is not in the cache, and the hub cannot be asked ({why}); download it where there "
            f"is a network (hf download {path} --local-dir DIR) and use model=local model.path=DIR, or a miniature "
            "such as model=mini_3"
        )
