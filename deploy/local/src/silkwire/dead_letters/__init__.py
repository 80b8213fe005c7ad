"""`silkwire dead-letters`: look at what was given up on, have it heard again, or drop it.

commands  the four commands and their options
place     whose dead letters: a broker's, or those of a data folder
work      walk past the letters of each queue and do what was asked to those that are meant
words     ages, tables, JSON (pure)
tell      progress on standard error
"""
