"""Pages: the web pages of `serve`."""
