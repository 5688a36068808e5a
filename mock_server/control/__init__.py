"""Control: `/_sandbox`, where a test reads what was received and configures the mock."""
