"""`make bench`: everything side by side; with `growth` first, this project alone as it grows."""

import sys

from tests.bench import growth, side_by_side

if __name__ == "__main__":
    if sys.argv[1:2] == ["growth"]:
        growth.main(sys.argv[2:])
    else:
        side_by_side.main(sys.argv[1:])
