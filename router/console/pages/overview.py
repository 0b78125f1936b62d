"""Pages of overview."""

handlers: list[object] = []
