"""Control: `/_sandbox`, where a test asks what was received, and sets the mock up."""
