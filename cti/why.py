"""Why an agent or a supervisor is refused, as codes: pages say each in their reader's language."""

from enum import StrEnum


class Why(StrEnum):
    """Each has a text `refused.<code>` in every language, filled in with the reason's values."""

    # of any command
    SAY_WHY = "say_why"
    UNKNOWN_MESSAGE = "unknown_message"
    ASTERISK_SILENT = "asterisk_silent"
    DATABASE_AWAY = "database_away"
    TOO_MUCH_AT_ONCE = "too_much_at_once"
    NOT_IN_TIME = "not_in_time"
    FAULT = "fault"
    SIGNED_OUT = "signed_out"
    # of a call
    IN_NO_CALL = "in_no_call"
    IN_A_CALL = "in_a_call"
    CITIZEN_GONE = "citizen_gone"
    OTHERS_CALL = "others_call"
    ASKED_ALREADY = "asked_already"
    NOBODY_ANSWERED = "nobody_answered"
    CITIZEN_NOT_WAITING = "citizen_not_waiting"
    AGENT_NOT_FREE = "agent_not_free"
    NOT_KEYS = "not_keys"
    QUEUE_NOT_ASKED = "queue_not_asked"
    QUEUE_CLOSED = "queue_closed"
    CANNOT_BE_CALLED = "cannot_be_called"
    NO_SUCH_TARGET = "no_such_target"
    NO_SUCH_EMERGENCY = "no_such_emergency"
    # of a call to a citizen
    YOUR_PHONE_NOT_CALLED = "your_phone_not_called"
    YOU_ARE_SIGNED_OUT = "you_are_signed_out"
    NO_LINK = "no_link"
    NO_SUCH_COMPLAINT = "no_such_complaint"
    OTHERS_KEY = "others_key"
    NOT_AN_ID = "not_an_id"
    DIAL_CUT_OFF = "dial_cut_off"
    DIAL_NO_RULE = "dial_no_rule"
    DIAL_LIMIT = "dial_limit"
    # of pauses, wrap-up and the recording
    NO_SUCH_PAUSE = "no_such_pause"
    NO_WRAP_UP = "no_wrap_up"
    WRAP_UP_EXTENDED = "wrap_up_extended"
    SAY_WHY_SHORT = "say_why_short"
    NOT_RECORDED = "not_recorded"
    RECORDING_PAUSED = "recording_paused"
    RECORDING_NOT_PAUSED = "recording_not_paused"
    RECORDING_NOT_REACHED = "recording_not_reached"
    NO_RECORDING_PAUSES = "no_recording_pauses"
    # of what is written, and of the telephone
    MESSAGE_LENGTH = "message_length"
    NO_SUCH_AGENT = "no_such_agent"
    NO_SUCH_CALL = "no_such_call"
    NOT_A_DRAFT = "not_a_draft"
    NEWER_DRAFT = "newer_draft"
    OWN_PHONE = "own_phone"
    PASSWORD_LATE = "password_late"  # noqa: S105 -- a code, no password
    # of supervisors
    NOT_YOUR_QUEUE = "not_your_queue"
    AGENT_SIGNED_OUT = "agent_signed_out"
    AGENT_IN_NO_CALL = "agent_in_no_call"
    NO_SUCH_QUEUE = "no_such_queue"
    NO_SUCH_PHONE = "no_such_phone"
    PHONE_IN_USE = "phone_in_use"
    # of other cells
    OTHER_CELL = "other_cell"
    CELL_DID_NOT_TAKE = "cell_did_not_take"
    CELL_DID_NOT_SAY = "cell_did_not_say"
    NOT_TOLD_EVERYWHERE = "not_told_everywhere"
