"""The four banks as they answer: their own sessions, numbers, paths and odd formats; the numbers are invented."""
