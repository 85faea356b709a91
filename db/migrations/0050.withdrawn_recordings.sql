-- depends: 0049.one_call_at_once
-- A recording that was never begun is deleted, in the commit that writes the calls of a cell. What may refer to it is asked
-- each time: without these, five tables were read whole, and at a year's size no row of a call would be written any more.

create index recording_object_by_recording on recording_object (recording_id);
create index recording_hold_by_recording on recording_hold (recording_id);
create index feedback_by_recording on feedback (recording_id) where recording_id is not null;
create index register_by_recording on dissatisfaction_register (recording_id) where recording_id is not null;
create index disposal_by_recording on disposal (recording_id) where recording_id is not null;
