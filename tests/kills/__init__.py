"""Kills a worker at every fault point, and looks whether anything was lost or came twice.

`life.py` is the worker that is killed: the real one, on the embedded log, in a forked process of
its own, with a clock that jumps. It is deterministic: a case is named by its kills alone.
"""
