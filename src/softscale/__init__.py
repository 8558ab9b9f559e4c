"""softscale."""
