"""The only place that knows SpiffWorkflow, V8 and BPMN XML."""
