drop table report_unaccounted;
