"""What can go wrong between our settings and a running Asterisk."""


class DialplanError(Exception):
    """The base of this package's errors."""


class SettingsError(DialplanError):
    """The settings of a cell cannot be rendered. The message names the setting."""


class SecretsError(DialplanError):
    """The file with the generated secrets cannot be used. The message says why and where."""


class AsteriskError(DialplanError):
    """Asterisk did not start, boot or answer. The message ends with its last log lines."""
