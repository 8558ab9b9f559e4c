"""What a study will cost, counted without weights."""
