"""Control: `/_sandbox`, where a test asks what came and sets the mock up."""
