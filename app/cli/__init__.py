"""
`kykypolku`: what an installation needs from a terminal. Thin: settings in, one command or query, a few lines out.

    run         start everything on this machine (what `make run` does)
    prepare     bring the database up to date; in the demo also publish the processes and load its people
    publish     check and publish BPMN, DMN and form files or folders
    start       start a process instance
    list        processes, instances or incidents
    export      write a published process with its forms, as it was published
    migrate-db  bring the database to the schema of this build, or to another revision
    reference   load reference data: roles, organisations, time limits, services
    demo        load the demo's organisations, people and clients
    doctor      look whether this installation can work, and say what is wrong
"""

from app.cli.command_line import main
from app.cli.process_files import read_reference, read_resources

__all__ = ["main", "read_reference", "read_resources"]
