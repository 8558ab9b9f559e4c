"""Finished runs: their answers, and their prompts in the vocabulary."""
