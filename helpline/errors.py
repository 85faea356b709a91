"""What an operator can do something about."""


class OperatorError(Exception):
    """Its message says what is wrong, in one sentence. Anything else is our fault."""
