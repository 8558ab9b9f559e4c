"""Readers of the file formats that records come in."""
