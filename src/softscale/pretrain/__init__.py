"""Pre-training: of the miniature ladder on its world, and of any T5 on plain text (span corruption, LM adaptation)."""
