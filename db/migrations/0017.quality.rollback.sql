drop table quality_answer;
drop table quality_mark;
drop table quality_review;
drop table quality_criterion;
drop table quality_form;
