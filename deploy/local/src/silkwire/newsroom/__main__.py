"""`python -m silkwire.newsroom --folder DIR`: serves the sample newsroom and prints its address."""

import sys

from silkwire.newsroom.server import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
