"""Pages of search."""

handlers: list[object] = []
