-- depends: 0086.promised_calls_first
-- The operator has listed the number: whoever asks for it tries none, and no refusal of it cuts a telephone off.

alter table dial_request add column listed boolean not null default false;

-- As in 0053, and Asterisk's word on a service, or on who is back from one, may come after what its flow has told since: of
-- the next queue, or of the end.
create or replace function enter_queue(of_call uuid, to_queue text, at timestamptz, exact boolean) returns void
language plpgsql as $$
declare
    one call;
    around queue_stay;
    later queue_stay;
    talk agent_talk;
    gone queue_stay;
begin
    select * into one from call where id = of_call for no key update;
    if not found or exists (select from queue_stay s
                            where s.call_id = of_call and s.entered_at = at and s.queue = to_queue) then
        return;
    end if;
    select * into around from queue_stay s
    where s.call_id = of_call and s.entered_at <= at and (s.left_at is null or s.left_at > at)
    order by s.entered_at desc, s.left_at desc nulls first limit 1;
    if around.queue = to_queue then
        return;
    end if;
    select * into later from queue_stay s where s.call_id = of_call and s.entered_at > at order by s.entered_at limit 1;
    if around.call_id is null and (one.ended_at is null or one.ended_at > at) then
        -- Who left their queue for a service that nobody answered is back: in the same stay, if in the same queue, which lasts
        -- until what came next, if that is known already. Who went on from there has left it for that queue only then.
        select * into gone from queue_stay s
        where s.call_id = of_call and s.entered_at <= at order by s.entered_at desc, s.left_at desc limit 1;
        if gone.agent_id is null and not exists (
               select from agent_talk t where t.call_id = of_call and t.began_at >= gone.left_at) then
            if gone.queue = to_queue and (gone.moved_to is null or gone.moved_to = later.queue)
               and later.queue is distinct from to_queue then
                update queue_stay s set left_at = coalesce(later.entered_at, one.ended_at), moved_to = later.queue
                where s.call_id = of_call and s.entered_at = gone.entered_at and s.queue = gone.queue;
                return;
            end if;
            update queue_stay s set moved_to = to_queue
            where s.call_id = of_call and s.entered_at = gone.entered_at and s.queue = gone.queue
              and s.moved_to is null and s.queue <> to_queue;
        end if;
    end if;
    select * into talk from agent_talk t where t.call_id = of_call and t.began_at >= at order by t.began_at limit 1;
    if later.queue = to_queue and (talk.began_at is null or talk.began_at >= later.entered_at) then
        if not exact then
            return;
        end if;
        update queue_stay s set entered_at = at
        where s.call_id = of_call and s.entered_at = later.entered_at and s.queue = to_queue;
    end if;
    update queue_stay s set left_at = at, agent_id = null, moved_to = to_queue
    where s.call_id = of_call and s.entered_at = around.entered_at and s.queue = around.queue;
    if later.queue is distinct from to_queue or talk.began_at < later.entered_at then
        -- What came next is the end of this stay: of the one that it was a part of, or of none.
        insert into queue_stay (call_id, queue, entered_at, left_at, agent_id, moved_to)
        select of_call, to_queue, at, n.left_at, n.agent_id, nullif(n.moved_to, to_queue)
        from (
            select around.left_at, around.agent_id, around.moved_to where around.call_id is not null
            union all
            (select m.* from (
                select talk.began_at as left_at, talk.agent_id, null as moved_to where talk.call_id is not null
                union all
                select later.entered_at, null, later.queue where later.call_id is not null
                union all
                select greatest(at, one.ended_at), null, null where one.ended_at is not null
                union all
                select null, null, null
             ) m where around.call_id is null order by m.left_at nulls last limit 1)
        ) n;
    end if;
    update agent_talk t set ended_at = at
    where t.call_id = of_call and t.began_at < at and (t.ended_at is null or t.ended_at > at);
    update call c set queued_at = least(c.queued_at, at), queue = (
        select s.queue from queue_stay s where s.call_id = of_call
        order by s.entered_at desc, s.left_at desc nulls first limit 1)
    where c.id = of_call;
end $$;
