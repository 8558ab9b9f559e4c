"""A process that does not outlive the one that started it, however that one ends."""

import multiprocessing
import os
import threading


def end_with_parent() -> None:
    """From now on, end this process when its parent is gone; to be called in a process of multiprocessing."""
    threading.Thread(target=_wait_and_end, daemon=True).start()


def _wait_and_end() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
