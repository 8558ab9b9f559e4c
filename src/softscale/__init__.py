"""Soft prompts and other ways to adapt a T5, across sizes, methods, tasks and seeds.

A reproduction of "The Power of Scale for Parameter-Efficient Prompt Tuning" (Lester, Al-Rfou & Constant 2021): how the
score of a soft prompt in front of a frozen T5 grows with the size of the T5, beside tuning the whole model. One code
path serves two ladders: Google's T5 1.1 and its LM-adapted versions on the real SuperGLUE, and five small T5s that this
project pre-trains on a world of its own, which need no network and no GPU. A finished run leaves one record, and every
table and figure is made from records.
"""

__version__ = "0.1.0"
