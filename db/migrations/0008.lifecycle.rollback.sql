delete from message_template where kind in (
    'citizen_in_triage', 'officer_reminder', 'citizen_paused', 'citizen_interim', 'citizen_moved', 'citizen_special_closed',
    'citizen_withdrawn', 'citizen_reopened', 'citizen_advised', 'officer_ended', 'officer_proposal', 'officer_refused');
alter table notification drop constraint notification_kind_check;
alter table notification add constraint notification_kind_check
    check (kind in ('citizen_registered', 'officer_assigned', 'officer_review', 'officer_forwarded', 'citizen_closed',
                    'citizen_unverified'));
alter table complaint_history drop column basis;
alter table disposal drop column via, drop column actor, drop column call_id;
drop index complaint_by_reminder;
drop index complaint_by_due;
alter table complaint
    drop constraint the_evidence_is_of_this_end, drop constraint an_end_has_its_evidence,
    drop constraint an_end_has_its_time, drop constraint a_proposal_waits_with_the_officer,
    drop constraint only_a_paused_reminder_waits, drop constraint a_pause_says_why_and_what_is_left,
    drop constraint only_an_officer_is_reminded, drop constraint only_an_officer_is_overdue,
    drop constraint a_due_time_says_what_it_was_computed_from, drop constraint a_clock_runs_where_somebody_must_act,
    drop constraint complaint_state_check, drop constraint what_is_proposed_is_written_down;
alter table complaint
    add constraint complaint_state_check check (state in ('with_officer', 'awaiting_feedback', 'closed_satisfied', 'unverified')),
    add constraint the_officers_clock_runs_only_with_the_officer check ((state = 'with_officer') = (due_at is not null)),
    add constraint only_an_officer_is_overdue check (overdue_at is null or state = 'with_officer');
create index complaint_by_due on complaint (due_at) where state = 'with_officer' and overdue_at is null;
alter table complaint
    drop column department, drop column transfers, drop column due_since, drop column due_days, drop column due_policy,
    drop column due_counting, drop column due_paused, drop column remind_at, drop column paused_at,
    drop column pause_reason, drop column remaining, drop column remind_in, drop column proposal,
    drop column end_entry, drop column ended_at;
drop table complaint_end;
drop table proposal;
