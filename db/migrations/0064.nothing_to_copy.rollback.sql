update recording set copy_after = '-infinity' where state = 'stored' and copied_at is null and copy_after = 'infinity';
