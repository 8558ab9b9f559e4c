"""One run on disk: its identity, its state, and the record that it leaves."""
