"""Rules that must survive whatever bytes a stranger sends."""
