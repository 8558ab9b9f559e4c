"""Trained tensors in the forms of others: the authors' .npy prompts and PEFT's adapter folders."""
