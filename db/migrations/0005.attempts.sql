-- depends: 0004.complaints
-- An attempt to reach a citizen. Written before anything is dialled; its call row has the same key and the outcome.

create table attempt (
    id           uuid primary key references call,
    complaint_id uuid not null references complaint,
    disposal_no  smallint not null,
    attempt_no   smallint not null,
    number       e164 not null,
    cell         text not null,
    written_at   timestamptz not null,
    requested_at timestamptz,                    -- set once, before the request leaves: it is never sent a second time
    settled_at   timestamptz,                    -- its consequence (answer, retry, end) is in the database
    unique (complaint_id, disposal_no, attempt_no),
    foreign key (complaint_id, disposal_no) references feedback_due
);
-- Nobody is dialled twice: one open attempt per number and per complaint, over all cells and processes.
create unique index attempt_open_by_number on attempt (number) where settled_at is null;
create unique index attempt_open_by_complaint on attempt (complaint_id) where settled_at is null;
-- Starts of the last second, for the cap on calls per second.
create index attempt_by_written on attempt (written_at);
