"""How a process can be watched: logs, metrics, health."""
