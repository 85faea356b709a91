"""What can go wrong with pages."""


class WebError(Exception):
    """The base of this package's errors."""


class TextsError(WebError):
    """The texts of the languages do not fit each other; the message names the key."""


class AssetsError(WebError):
    """The bundles of set-up cannot be read."""
