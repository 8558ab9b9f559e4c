"""The metrics of SuperGLUE and SQuAD. Importing this package is light; each metric is not."""
