"""Names that Asterisk's configuration and our Python share, each written once."""

# Channel variables.
VAR_CALL = "HELPLINE_CALL"
"""Our call identity (a UUID). Set with a `_` before it where children shall inherit it."""
VAR_QUEUE = "HELPLINE_QUEUE"
"""Set by the inbound flow: the queue that the dialplan sends the caller to; empty: none."""
VAR_EMERGENCY = "HELPLINE_EMERGENCY"
"""Set by the inbound flow: the emergency service to be called first; it goes before the queue."""
VAR_AFTER_EMERGENCY = "HELPLINE_AFTER_EMERGENCY"
"""With `VAR_EMERGENCY`: the queue for who reaches no service; empty: the first."""
VAR_FAULT = "HELPLINE_FAULT"
"""Not empty: we could not serve this call (its identity), and the dialplan apologised."""
VAR_MISSED = "HELPLINE_MISSED"
"""The dialplan's own: a letter for each wrong key in the apology of Asterisk alone."""
VAR_PRIORITY = "QUEUE_PRIO"
"""app_queue's own: who has a higher one is served first."""
VAR_POSITION = "HELPLINE_POSITION"
"""The place at which a caller enters the next queue, and that one only; empty: behind all."""
VAR_ENTRY = "HELPLINE_ENTRY"
"""The dialplan's own: the place, once it is taken from `VAR_POSITION`."""
VAR_GAVE_UP = "HELPLINE_GAVE_UP"
"""The dialplan's own: how the queue gave up (QUEUESTATUS) that its caller leaves for another."""
VAR_KNOWN = "HELPLINE_KNOWN"
"""The number (app_queue's penalty) of the agent who knows the caller; empty: whoever is free."""
MOST_KNOWN = 1000
"""Agents of a cell are numbered so far; one beyond is preferred by nobody."""
VAR_LANGUAGE = "HELPLINE_LANGUAGE"
"""The language that the caller has chosen; empty: `LANGUAGE_DEFAULT`."""
LANGUAGE_DEFAULT = "hi"
VAR_LEFT_CALL = "HELPLINE_LEFT_CALL"
"""Of a call back: the call whose place in the queue was kept."""
VAR_TARGET = "HELPLINE_TARGET"
"""The number that a citizen is handed to, as the trunk dials it. Set over AMI, after our checks."""
VAR_PAUSED = "HELPLINE_PAUSED"
"""Of a citizen's leg whose recording is paused: not empty. Set over AMI."""
VAR_STOPPED = "HELPLINE_STOPPED"
"""The dialplan's own: not empty while `CONTEXT_ANEW` has stopped a recorder and not begun it."""
VAR_SPY = "HELPLINE_SPY"
"""Of a supervisor's leg: the id of the agent's leg that they are beside."""
VAR_WAITS_FOR = "HELPLINE_WAITS_FOR"
"""Of a citizen's leg that was put on hold or is kept: for which agent, for a server that is started
anew. Set over AMI; in other contexts it says nothing."""
VAR_JOINS_AT = "HELPLINE_JOINS_AT"
"""The dialplan's own: when (epoch) a citizen on hold comes to those who talk meanwhile."""
VAR_BESIDE = "HELPLINE_BESIDE"
"""Of a supervisor's leg: who they are and beside whom, for a server that is started anew."""
VAR_NOTICE = "HELPLINE_NOTICE"
"""Of a citizen whom we call for an agent: not empty once our flow has told them that we record."""
VAR_AGENT = "HELPLINE_AGENT"
"""Of a citizen whom we call for an agent: that agent, as `Queue` names one."""

# FastAGI scripts: the path in `agi://host:port/<script>`.
SCRIPT_INBOUND = "inbound"
SCRIPT_UNSERVED = "unserved"
"""After `Queue()` gave up. Arguments: our call, QUEUESTATUS, its queue."""
SCRIPT_ENDED = "ended"
"""From `h`. Arguments: our call, QUEUESTATUS, ABANDONED, MEMBERINTERFACE, hang-up cause (Q.850),
the emergency service that was called (or empty), DIALSTATUS."""
SCRIPT_EMERGENCY_FAILED = "emergency-failed"
"""No emergency service answered; the dialplan goes on to the queue. Arguments: our call, queue."""
SCRIPT_OVERFLOWED = "overflowed"
"""A caller goes on to another queue. Arguments: our call, that queue."""
SCRIPT_KEEP_PLACE = "keep-place"
"""A waiting caller wants to be called back. Arguments: our call, queue, priority."""
SCRIPT_RETURNING = "returning"
"""We called them back. Arguments: our call, the call whose place was kept."""
SCRIPT_FEEDBACK = "feedback"
"""An outbound call was answered. Argument: our call."""
SCRIPT_DESK = "desk"
"""A citizen whom we call for an agent has answered. Argument: our call."""
SCRIPTS_CARRIED_ON = (
    SCRIPT_INBOUND,
    SCRIPT_UNSERVED,
    SCRIPT_EMERGENCY_FAILED,
    SCRIPT_OVERFLOWED,
    SCRIPT_KEEP_PLACE,
    SCRIPT_RETURNING,
    SCRIPT_DESK,
)
"""Who comes back from these without what they were for goes on in the dialplan: in a queue, in the
apology that offers an emergency service, or, recorded and told so, to the agent who called them."""

# Contexts.
CONTEXT_TRUNK = "from-trunk"
CONTEXT_AGENT = "from-agent"
CONTEXT_FEEDBACK = "feedback"
CONTEXT_WAITING_KEYS = "waiting-keys"
"""Where a waiting caller gets by pressing `KEY_EMERGENCY`."""
CONTEXT_KEEP_PLACE = "keep-place"
"""The same in a queue that offers `KEY_KEEP_PLACE`, too."""
CONTEXT_RETURNING = "returning"
"""Where an originated call back enters, at `EXTEN_START`; `VAR_CALL`, `VAR_LEFT_CALL` are set."""
CONTEXT_EMERGENCY = "emergency"
CONTEXT_BENCH = "bench"
CONTEXT_QUEUES = "queues"
CONTEXT_ANEW = "recorded-anew"
"""A subroutine: somebody comes who is not the first to talk with this citizen."""
MUSIC_ASKED = "asked"
"""What they hear then, where a cell has no music: a word, again and again."""
CONTEXT_BACK = "back-to-queue"
"""Whom an agent has lost or could not hand over: to the queue of their call, before the others."""
CONTEXT_DESK_CITIZEN = "desk-citizen"
CONTEXT_DESK_SIDE = "desk-side"
CONTEXT_DESK_HOLD = "desk-hold"
CONTEXT_DESK_AWAY = "desk-away"
"""Where a citizen waits for an agent whose softphone was lost in the call."""
CONTEXT_DESK_AWAY_ASKED = "desk-away-asked"
"""The same, on hold, while whom the agent asked waits in the room."""
CONTEXT_DESK_AGENT = "desk-agent"
CONTEXT_DESK_NUMBER = "desk-number"
CONTEXT_DESK_OUTBOUND = "desk-outbound"
CONTEXT_DESK_SPY = "desk-spy"
"""Extensions `listen`, `whisper`: a supervisor beside an agent."""
EXTEN_START = "s"
"""Where an originated call enters `CONTEXT_FEEDBACK`, at priority 1."""
EXTEN_ASKED = "asked"
"""Of `CONTEXT_DESK_SIDE`: whom an agent asks, who hears that they wait when they are alone."""

KEY_KEEP_PLACE = "8"
"""None of the menu's: a key pressed twice there must not lead out of the queue."""
KEY_EMERGENCY = "9"
"""At any moment of a call to us: in menus, questions and apologies, and while one waits. Where a
number is keyed it is a digit, and keyed alone it is this key again."""
KEYS_OTHER_SERVICES = "12345678"
"""Which name another emergency service than the first, in their order."""
KEYS_EMERGENCY_WITHOUT_US = (KEY_EMERGENCY, "0", "112")
"""In the apology of Asterisk alone: the menu's key, and what people press in need, where that is no
service's own number. All lead to the first."""
PRIORITY_EMERGENCY = 20
"""Whom no emergency service answered is the next to be served."""

# SIP, queues, AMI.
HEADER_CALL = "X-Helpline-Call"
"""Of an INVITE to an agent's telephone that our server asked for: for which call of ours. A queue's
has none. The page reads it (`web/js/desk/softphone.js`)."""
ENDPOINT_TRUNK = "trunk"
TECHNOLOGY = "PJSIP"
QUEUE_DEFAULT = "helpline-hi"
AMI_USER = "helpline"
PRIORITY_RETURNED = 10
"""Whom an agent has lost comes before those who have not been served."""

SIDE_LEG = "side-"
"""How the id of a leg begins that we add beside the citizen's: an agent's, or a third party's."""

# Sounds, below the prompts' folder.
PROMPT_TECHNICAL_FAULT = "technical_fault"
PROMPT_PLEASE_WAIT = "please_wait"
PROMPT_KEEP_PLACE = "keep_place_offer"
PROMPT_QUEUE_WHERE = "queue_where"
"""Said again and again to who waits. Asterisk finds each caller's own by the channel's language."""
PROMPT_EMERGENCY_KEY = "emergency_key"
PROMPT_RECORDING_NOTICE = "recording_notice"
PROMPTS = (
    PROMPT_TECHNICAL_FAULT,
    PROMPT_PLEASE_WAIT,
    PROMPT_KEEP_PLACE,
    PROMPT_QUEUE_WHERE,
    PROMPT_EMERGENCY_KEY,
    PROMPT_RECORDING_NOTICE,
)
"""What Asterisk plays of itself."""


def agent_interface(agent_id: str) -> str:
    """An agent's endpoint as `Queue` and AMI name it: `PJSIP/101`."""
    return f"{TECHNOLOGY}/{agent_id}"


def dial_trunk(number: str) -> str:
    """The channel that calls `number` (as the trunk wants it) through the trunk."""
    return f"{TECHNOLOGY}/{number}@{ENDPOINT_TRUNK}"


def dial_contact(number: str, contact: str) -> str:
    """The channel that calls `number` at another party's address, as the trunk would."""
    return f"{TECHNOLOGY}/{ENDPOINT_TRUNK}/sip:{number}@{contact}"


def emergency_prompt(code: str) -> str:
    """The key of the sound that names an emergency service."""
    return f"emergency_{code}"


def language_prompt(language: str) -> str:
    """The key of the sound that names a language."""
    return f"language_{language}"


def voice(language: str, call_id: str) -> str:
    """The channel's language of a caller who waits: a folder of their own below the prompts, then
    the language's, then all. `call_id`: the last 12 digits of our call's, enough among who waits.
    """
    return f"{language}_{call_id}"
