"""The results as a static page for a browser, from `results/` alone: no server, no network, no torch.

Python reads and shapes (experiments, charts, runs, answers, claims), `assets/` shows. Whatever comes from a record
travels as JSON text in a string and reaches the page as text, never as markup.
"""
