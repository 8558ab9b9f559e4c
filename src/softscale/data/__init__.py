"""Tokenised examples on disk, and the batches and their order."""
