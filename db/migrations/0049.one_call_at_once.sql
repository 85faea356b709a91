-- depends: 0044.mail_and_events
-- Nobody's telephone is rung by two of us at once: the dialer, a call-back and an agent's click each had a rule of their
-- own against a second call of their kind, and none against each other's.

lock table call in share row exclusive mode;  -- an older server may serve beside this
-- What is open twice by now is a call that nobody saw end, but for the latest.
update call c set ended_at = greatest(now(), c.started_at, c.answered_at, c.agent_answered_at), outcome = 'lost'
where c.direction = 'outbound' and c.ended_at is null
  and exists (select from call later where later.direction = 'outbound' and later.ended_at is null
              and later.citizen_number = c.citizen_number and (later.started_at, later.id) > (c.started_at, c.id));
create unique index one_call_of_ours_to_a_number on call (citizen_number)
    where direction = 'outbound' and ended_at is null and citizen_number is not null;
