"""What all pages share: the application shell, sessions, layout, languages."""
