"""What can go wrong with voice."""


class SpeechError(Exception):
    """A text could not be turned into audio that is fit to play. The message says why."""
