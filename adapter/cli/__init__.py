"""The command line `helm-jd`: translates arguments, prints results, decides exit codes.

Results go to standard output, everything else to standard error. Exit codes: 0 fine, 1 a problem
was found, 2 wrong use or settings.
"""
