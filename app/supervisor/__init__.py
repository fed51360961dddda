"""
The embedded default: one command starts, watches and stops Valkey, web, scheduler and worker as child processes.

Knows processes, folders and sockets only: no database, no Celery, no Flask.
"""
