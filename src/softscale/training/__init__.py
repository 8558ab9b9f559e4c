"""One study to one record: the Lightning module, the optimiser, evaluation, and what resumes them."""
