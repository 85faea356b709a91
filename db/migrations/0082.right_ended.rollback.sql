alter table desk_action drop constraint desk_action_action_check;
-- Not valid: rows of what this version did not know may stand.
alter table desk_action add constraint desk_action_action_check check (action in (
    'transfer', 'consult', 'transfer_consulted', 'consult_cancelled', 'conference', 'keys', 'hold', 'unhold',
    'mute', 'unmute', 'hang_up', 'listen', 'whisper', 'barge', 'softphone_lost', 'softphone_back')) not valid;
