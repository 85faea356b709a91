-- depends: 0057.feedback_tasks
-- What a caller was told before the queue: "up to so many minutes". None: nothing was said, or "more than an hour".
alter table queue_stay add column told_minutes smallint check (told_minutes between 1 and 60);

-- As enter_queue() by a flow, which has said how long it takes. A repeat changes nothing.
create function enter_queue_told(of_call uuid, to_queue text, at timestamptz, told smallint) returns void
language plpgsql as $$
begin
    perform enter_queue(of_call, to_queue, at, true);
    update queue_stay s set told_minutes = told
    where s.call_id = of_call and s.queue = to_queue and s.told_minutes is null
      and s.entered_at <= at and (s.left_at is null or s.left_at >= at);
end $$;
