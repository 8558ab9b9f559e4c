"""One run on several devices: its processes, what they share, and whether they are there."""
