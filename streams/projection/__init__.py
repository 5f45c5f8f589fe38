"""The standings in Redis: a projection of the topic `customer-standings`, never waited for.

Each worker projects the partitions that are its own, as a reader of the topic. How far it is lies
in Redis too, written in one stroke with the customers, so that Redis may go away, come back with
an older snapshot, or be emptied: what is there always goes with the position that is there.
"""
