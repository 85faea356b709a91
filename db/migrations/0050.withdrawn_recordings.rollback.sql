drop index disposal_by_recording;
drop index register_by_recording;
drop index feedback_by_recording;
drop index recording_hold_by_recording;
drop index recording_object_by_recording;
