"""One frozen backbone that answers over HTTP for many prompts, requests of different tasks in one batch."""
