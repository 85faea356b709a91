"""The supervisors' pages: wallboard, the day's timeline, alarms, calls, reports, quality."""
