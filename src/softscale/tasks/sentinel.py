"""Targets as span corruption writes them: `<extra_id_0>`, then the label (paper, section 2.2 and figure 3c).

As in google-research/prompt-tuning: the token is put in front of the target's tokens (data/preprocessors.py,
add_sentinel_to_targets), and a prediction is read after it where it begins with it (data/postprocessors.py,
remove_extra_id_0).
"""

SENTINEL = "<extra_id_0>"


def after_sentinel(text: str) -> str:
    """`text` without a sentinel in front and the space that follows it; as it is where it begins otherwise."""
    return text.removeprefix(SENTINEL).lstrip() if text.startswith(SENTINEL) else text
