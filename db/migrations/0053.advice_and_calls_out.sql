-- depends: 0052.found_in_reports
-- Advice in English, where the state has said so.

alter table category add column advice_en text not null default '';  -- empty: the Hindi one stands in
