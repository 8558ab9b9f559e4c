"""The pre-trained T5 that a method adapts."""
