"""The commands of the command line, one a file.

What a command needs is imported when it runs, so that `segue --help` answers at once.
"""
