"""What the pages read, one module a page or a family of pages."""
