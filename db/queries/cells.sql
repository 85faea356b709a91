-- name: cells_register(cell, url, at)!
insert into cell (name, url, first_at) values (:cell, :url, :at)
on conflict (name) do update set url = excluded.url;

-- name: cells_publish(cell, url, word, at, board, beside)$
-- A cell that was forgotten while it serves is there again with its next word. Gives the one before it.
with there as (insert into cell (name, url, first_at) values (:cell, :url, :at) on conflict do nothing),
     before as (select word from cell_board where cell = :cell)
insert into cell_board (cell, word, at, board, beside) values (:cell, :word, :at, :board, :beside)
on conflict (cell) do update
set word = excluded.word, at = excluded.at, board = excluded.board, beside = excluded.beside
returning (select word from before);

-- name: cells_own_word(cell)^
-- The last one of this cell, and where its pages are.
select b.word, b.at, c.url from cell_board b join cell c on c.name = b.cell where b.cell = :cell;

-- name: cells_last_words()
-- Of all that ever spoke since the database crashed: one that moves is of a server that serves.
select cell, word from cell_board;

-- name: cells_words(cell)
-- Of all others; without a board: it has not spoken since the database crashed.
select c.name as cell, c.url, b.word, b.at, b.board
from cell c left join cell_board b on b.cell = c.name
where c.name <> :cell order by c.name;

-- name: cells_names()
select name, url from cell order by name;

-- name: cells_forget(cell, spoke_before, now)^
-- A cell that was taken down for good. Its board goes with it, and its open calls end: nobody else ends them for a day, and
-- they would hold channels of the trunk for so long. Nor would anybody end what its agents did, and sign them out: that was over
-- with its last word; who signs in at another cell has become an agent of that one before. Of one that has spoken since, and
-- serves, nothing is ended.
with dead as (
    select c.name, least(b.at, :now::timestamptz) as last_word
    from cell c left join cell_board b on b.cell = c.name
    where c.name = :cell and not coalesce(b.at > :spoke_before, false)
), ended as (
    update call set ended_at = greatest(call.started_at, :now), outcome = 'lost'
    from dead where call.cell = dead.name and call.ended_at is null
    returning call.id
), left_open as (
    update agent_state s set until_at = greatest(s.from_at, dead.last_word)
    from dead join agent a on a.cell = dead.name
    where s.agent_id = a.id and s.until_at is null
    returning s.id
), signed_out as (
    update agent_session s set signed_out_at = greatest(s.signed_in_at, dead.last_word)
    from dead join agent a on a.cell = dead.name
    where s.agent_id = a.id and s.signed_out_at is null
    returning s.id
), gone as (delete from cell_board where cell = :cell)
delete from cell where name = :cell
returning name, exists (select from dead) as dead, (select count(*)::int from ended) as ended,
          (select count(*)::int from left_open) as agents, (select count(*)::int from signed_out) as signed_out;

-- name: cells_of_agent(agent)$
select cell from agent where id = :agent;

-- name: cells_send(id, from_cell, to_cell, lasts, who, asked, at_most)$
-- Nothing where too many wait for that cell already. Times of commands are the database's: clocks of cells differ.
insert into cell_command (id, from_cell, to_cell, at, expires_at, who, asked)
select :id, :from_cell, :to_cell, now(), now() + :lasts::interval, :who, :asked
where (select count(*) from cell_command where to_cell = :to_cell and taken_at is null and expires_at > now()) < :at_most
returning id;

-- name: cells_take(cell, at_most)
-- Written down before it is done: a process that is killed meanwhile does it at most once.
update cell_command set taken_at = now()
where id in (select id from cell_command where to_cell = :cell and taken_at is null and expires_at > now()
             order by at limit :at_most for update skip locked)
returning id, who, asked;

-- name: cells_answer(id, answer)!
update cell_command set answer = :answer, answered_at = now() where id = :id;

-- name: cells_answer_of(id)$
select answer from cell_command where id = :id;

-- name: cells_withdraw(id)$
-- Only what nobody has taken: then it will never be done.
delete from cell_command where id = :id and taken_at is null returning id;

-- name: cells_tidy(kept)!
delete from cell_command where at < now() - :kept::interval;

-- name: cells_time()$
-- What time it is where all cells look.
select clock_timestamp();

-- name: cells_have_queue(queue)$
-- Of any cell: one that an agent serves, or that stands on a board.
select exists (select from agent where :queue = any(queues))
    or exists (select from cell_board where jsonb_exists(board -> 'queues', :queue));
