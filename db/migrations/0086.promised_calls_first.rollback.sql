drop table callback_pressing;
