alter table category drop column advice_en;
