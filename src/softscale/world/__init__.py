"""The generated world: a lexicon, passages about it, running text for pre-training, and SuperGLUE-shaped tasks.

One seeded generator serves both sides of the study. A passage belongs to exactly one split, decided by the hash of
its words (`passages.split_of`), so no passage of dev or test can occur in pre-training or in train.
"""
