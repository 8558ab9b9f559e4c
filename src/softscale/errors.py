"""What a user did wrong, said in one sentence."""


class InputError(ValueError):
    """Bad input: the message names the field, the value and what is allowed.

    The command line prints it on standard error and exits with code 2; nothing was written.
    """
