"""Pre-training of the miniature ladder: span corruption, then LM adaptation, as T5 1.1 and its LM-adapted form."""
