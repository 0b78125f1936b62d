"""The console's pages, one module an area; each has `handlers`, which `routes.py` collects."""
