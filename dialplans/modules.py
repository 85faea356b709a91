"""The Asterisk modules that a cell loads: no more than its calls need."""

from typing import Final

MODULES: Final = (
    # What pjsip stands on.
    "res_pjproject",
    "res_sorcery_config",
    "res_sorcery_memory",
    "res_sorcery_astdb",
    "res_statsd",
    # Media.
    "res_timing_timerfd",
    "res_rtp_asterisk",
    "res_srtp",
    "codec_alaw",
    "codec_ulaw",
    "codec_a_mu",
    "codec_resample",
    "format_wav",
    "format_sln",
    "format_pcm",
    "bridge_simple",
    "bridge_softmix",
    # SIP.
    "res_pjsip",
    "res_pjsip_session",
    "res_pjsip_pubsub",
    "res_pjsip_sdp_rtp",
    "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_endpoint_identifier_user",
    "res_pjsip_authenticator_digest",
    "res_pjsip_outbound_authenticator_digest",
    "res_pjsip_registrar",
    "res_pjsip_caller_id",
    "res_pjsip_dtmf_info",
    "res_pjsip_nat",
    "res_pjsip_rfc3326",
    "res_pjsip_header_funcs",
    "chan_pjsip",
    # Dialplan.
    "pbx_config",
    "func_callerid",
    "func_channel",
    "func_devstate",
    "func_strings",
    "func_timeout",
    "app_playback",
    "app_stack",
    "app_dial",
    "app_mixmonitor",
    "app_queue",
    # The agents' desk: transfers, rooms, a supervisor who listens.
    "app_senddtmf",
    "app_confbridge",
    "res_musiconhold",
    "app_chanspy",
    "res_speech",
    "res_agi",
)
SOFTPHONE_MODULES: Final = (
    "res_http_websocket",
    "res_pjsip_transport_websocket",
    "res_format_attr_opus",
    "codec_opus_open_source",
)
"""Agents' telephones in their browsers. (codec_opus is Digium's and not free.)"""
