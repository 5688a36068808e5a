"""Pages: what `serve` shows in a browser."""
