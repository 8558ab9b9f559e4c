"""Many runs on this machine: a pool of processes, and one line of progress."""
