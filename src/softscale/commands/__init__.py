"""One module a command of the command line; its docstring is its help, its `main` returns the exit code."""
