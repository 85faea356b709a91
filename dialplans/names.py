"""Names that Asterisk's configuration and our Python share, each written once."""

# Channel variables.
VAR_CALL = "HELPLINE_CALL"
"""Our call identity (a UUID). Set with a `_` before it where children shall inherit it."""
VAR_QUEUE = "HELPLINE_QUEUE"
"""Set by the inbound flow: the queue that the dialplan sends the caller to; empty: none."""
VAR_TARGET = "HELPLINE_TARGET"
"""The number that a citizen is handed to, as the trunk dials it. Set over AMI, after our checks."""
VAR_SPY = "HELPLINE_SPY"
"""Of a supervisor's leg: the id of the agent's leg that they are beside."""
VAR_AGENT = "HELPLINE_AGENT"
"""Of a citizen whom we call for an agent: that agent, as `Queue` names one."""

# FastAGI scripts: the path in `agi://host:port/<script>`.
SCRIPT_INBOUND = "inbound"
SCRIPT_UNSERVED = "unserved"
"""After `Queue()` gave up. Arguments: our call, QUEUESTATUS."""
SCRIPT_ENDED = "ended"
"""From `h`. Arguments: our call, QUEUESTATUS, ABANDONED, MEMBERINTERFACE, hang-up cause (Q.850)."""
SCRIPT_FEEDBACK = "feedback"
"""An outbound call was answered. Argument: our call."""
SCRIPT_DESK = "desk"
"""A citizen whom we call for an agent has answered. Argument: our call."""

# Contexts.
CONTEXT_TRUNK = "from-trunk"
CONTEXT_AGENT = "from-agent"
CONTEXT_FEEDBACK = "feedback"
CONTEXT_BENCH = "bench"
CONTEXT_QUEUES = "queues"
CONTEXT_DESK_CITIZEN = "desk-citizen"
CONTEXT_DESK_SIDE = "desk-side"
CONTEXT_DESK_HOLD = "desk-hold"
CONTEXT_DESK_AGENT = "desk-agent"
CONTEXT_DESK_NUMBER = "desk-number"
CONTEXT_DESK_OUTBOUND = "desk-outbound"
CONTEXT_DESK_SPY = "desk-spy"
"""Extensions `listen`, `whisper`: a supervisor beside an agent."""
EXTEN_START = "s"
"""Where an originated call enters `CONTEXT_FEEDBACK`, at priority 1."""

# SIP, queues, AMI.
ENDPOINT_TRUNK = "trunk"
TECHNOLOGY = "PJSIP"
QUEUE_DEFAULT = "helpline-hi"
AMI_USER = "helpline"

SIDE_LEG = "side-"
"""How the id of a leg begins that we add beside the citizen's: an agent's, or a third party's."""

# Sounds. `helpline/<prompt>` is found below Asterisk's sounds, whatever the channel's language.
SOUNDS = "helpline"
PROMPT_TECHNICAL_FAULT = "technical_fault"
PROMPT_PLEASE_WAIT = "please_wait"


def agent_interface(agent_id: str) -> str:
    """An agent's endpoint as `Queue` and AMI name it: `PJSIP/101`."""
    return f"{TECHNOLOGY}/{agent_id}"


def dial_trunk(number: str) -> str:
    """The channel that calls `number` (as the trunk wants it) through the trunk."""
    return f"{TECHNOLOGY}/{number}@{ENDPOINT_TRUNK}"


def sound(prompt: str) -> str:
    """A prompt as Asterisk names it, without an extension."""
    return f"{SOUNDS}/{prompt}"
