"""A log in one SQLite file: topics for one machine and one worker, with nothing to install.

Any process of the machine appends; one worker per application reads, through Faust.

What it promises: an append that returned is seen by everybody and outlives the death of any
process. A power cut may take the last moments with it, whole transactions from the end, never
one in the middle. A RocksDB can be ahead of the log then: its changelog offset lies past
`end_offsets`, and such a store must be thrown away and made anew from the log. The log's `uuid`
tells a store that belongs to another log.

Not for network file systems, nor for two workers of one application: both are refused.
"""
