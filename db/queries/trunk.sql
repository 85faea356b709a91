-- name: trunk_undecided()
-- Cells with refused calls of which nobody has said yet whose fault that was.
select a.cell from attempt a join call c using (id)
where a.settled_at is null and c.ended_at is not null and c.outcome in ('invalid_number', 'rejected')
union
select a.cell from callback_attempt a join call c using (id)
where a.settled_at is null and c.ended_at is not null and c.outcome in ('invalid_number', 'rejected');

-- name: trunk_ends(cell, since, at_most)
-- What became of the dialer's latest calls by this cell's trunk, in the order in which they were dialled: what rang before a
-- trunk was lost may end after what was refused then.
select number, at, outcome, answered from (
    (select a.number, a.written_at as at, c.outcome, c.answered_at is not null as answered
     from attempt a join call c using (id)
     where a.cell = :cell and a.written_at > :since and (c.ended_at is not null or c.answered_at is not null)
     order by a.written_at desc limit :at_most)
    union all
    (select a.number, a.written_at, c.outcome, c.answered_at is not null
     from callback_attempt a join call c using (id)
     where a.cell = :cell and a.written_at > :since and a.agent_id is null
       and (c.ended_at is not null or c.answered_at is not null)
     order by a.written_at desc limit :at_most)
) latest order by at;

-- name: trunk_refusals(cell, since)
-- When it refused everything: what stands, and what was over since then.
select began_at, probed_at, ended_at from trunk_refusal
where cell = :cell and (ended_at is null or ended_at > :since) order by began_at;

-- name: trunk_refuses(cell, began_at, now, ended_at)!
-- Again, or seen by two at once, it changes nothing.
insert into trunk_refusal (cell, began_at, seen_at, probed_at, ended_at)
values (:cell, :began_at, :now, :now, :ended_at)
on conflict do nothing;

-- name: trunk_carries(cell, at)!
update trunk_refusal set ended_at = :at where cell = :cell and ended_at is null and began_at <= :at;

-- name: trunk_standing(cell)^
-- Since when it refuses everything, where it does.
select began_at, probed_at, ended_at from trunk_refusal where cell = :cell and ended_at is null;

-- name: trunk_probed(cell, at)!
update trunk_refusal set probed_at = :at where cell = :cell and ended_at is null;

-- name: trunk_blame(id)!
-- The call did not come through; that was not the citizen's telephone.
update call set outcome = 'congestion' where id = :id and outcome in ('invalid_number', 'rejected');
