-- depends: 0017.quality

-- An agent whose softphone was lost in a call, and came back to it.
alter table desk_action drop constraint desk_action_action_check;
alter table desk_action add constraint desk_action_action_check check (action in (
    'transfer', 'consult', 'transfer_consulted', 'consult_cancelled', 'conference', 'keys', 'hold', 'unhold',
    'mute', 'unmute', 'hang_up', 'listen', 'whisper', 'barge', 'softphone_lost', 'softphone_back'));
