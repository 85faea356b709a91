-- How many promised call-backs, whose turn it is, wait for the campaigns' common limits: for so many the others leave room.
-- One row a cell, over which every round of call-backs that has such goes; what is older than some seconds says nothing.
-- depends: 0070.told_to_citizens

create table callback_pressing (
    cell text primary key,
    calls int not null check (calls >= 0),
    at timestamptz not null
);
