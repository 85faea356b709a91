"""Stays and talks of call rows that a test has written by itself."""

STAYS_OF_CALLS = """
    insert into queue_stay (call_id, queue, entered_at, left_at, agent_id)
    select id, queue, queued_at, coalesce(agent_answered_at, ended_at),
           case when agent_answered_at is not null then agent_id end
    from call where queue is not null and queued_at is not null on conflict do nothing
"""
TALKS_OF_CALLS = """
    insert into agent_talk (call_id, agent_id, began_at, ended_at, queue)
    select id, agent_id, agent_answered_at, ended_at, queue
    from call where agent_answered_at is not null and agent_id is not null on conflict do nothing
"""
