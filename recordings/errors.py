"""What can go wrong with recordings."""


class RecordingError(Exception):
    """The base of this package's errors."""


class CaptureFileError(RecordingError):
    """A capture file cannot be read or deleted."""


class CaptureGoneError(CaptureFileError):
    """A capture file is no longer there: another process of this cell was quicker."""


class AudioError(RecordingError):
    """A capture file holds no audio that we can read."""


class StoreError(RecordingError):
    """The recordings store refused, or does not hold what it should."""


class SealBrokenError(RecordingError):
    """A sealed object was changed, cut, or is another one."""


class MasterKeyError(RecordingError):
    """A recording's data key cannot be unwrapped."""


class NoSuchFileError(RecordingError):
    """There is no such recording, or it has no such file."""


class CopyError(RecordingError):
    """A kept copy is not what the original is; the original stays."""


class HeldError(RecordingError):
    """The recording is held: by a person's order, or by a complaint that is open."""


class NotDueError(RecordingError):
    """The recording's retention has not ended."""


class NotAllowedError(RecordingError):
    """Who asks has no right to it, or did not say why."""


class PauseError(RecordingError):
    """The recording cannot be paused or resumed now."""


class PauseUnansweredError(PauseError):
    """Asterisk was asked and did not answer: it may have done it."""


class PauseBusyError(PauseError):
    """Somebody else asks Asterisk about this pause, or too many do about theirs: it is not done."""


class NotRecordedError(PauseError):
    """No recording of the call is going on."""


class PausedAlreadyError(PauseError):
    """The recording is paused already."""


class NotPausedError(PauseError):
    """The recording is not paused."""


class CertificateError(RecordingError):
    """The certificate cannot be made. `fault`: what of, as pages say it in their language."""

    fault = "not_printed"


class NoBrowserError(CertificateError):
    """There is no Chromium here to print it with."""

    fault = "no_browser"


class NoHindiFontError(CertificateError):
    """No font here has Devanagari."""

    fault = "no_font"


class FileChangedError(CertificateError):
    """The file is not what the store says it holds."""

    fault = "file_changed"
