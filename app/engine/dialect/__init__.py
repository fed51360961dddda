"""Our task specs over SpiffWorkflow: a file per kind of element."""
