alter table feedback_due drop column taken_by, drop column taken_until;
