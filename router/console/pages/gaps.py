"""Pages of gaps."""

handlers: list[object] = []
