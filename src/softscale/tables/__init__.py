"""Records to tables. Nothing here imports torch."""
