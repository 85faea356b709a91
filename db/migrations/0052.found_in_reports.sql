-- depends: 0051.found_at_size
-- What is asked for by itself, and not beside all that there was.

-- Which posts have an open complaint, for what a voice may name.
create index complaint_open_at_post on complaint (post) where ended_at is null;

-- A queue's talks of weeks, for the staffing suggestion, from the index alone.
create index agent_talk_by_queue on agent_talk (queue, began_at) include (ended_at) where queue is not null;

-- All that was ever owed to a number: open or not.
create index callback_by_number on callback (number);
