"""The services a laptop needs, as children of one process: PostgreSQL, Valkey, web, worker and scheduler.

Nothing here runs in production, and nothing here is started by importing the settings.
"""
