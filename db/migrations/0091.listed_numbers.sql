-- depends: 0086.promised_calls_first
-- The operator has listed the number: whoever asks for it tries none, and no refusal of it cuts a telephone off.

alter table dial_request add column listed boolean not null default false;
