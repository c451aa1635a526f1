"""What the tool remembers between runs: useful, safe to lose, and the same wherever it is kept.

`open_ledger` gives it for reading, and what it gives takes the lease for writing. `protocol` says
what a place that remembers must do; each such place is one file here.
"""

from reconciler.ledger.leases import Taker as Taker
from reconciler.ledger.ledger import (
    LeasedLedger as LeasedLedger,
)
from reconciler.ledger.ledger import (
    Ledger as Ledger,
)
from reconciler.ledger.ledger import (
    Reveal as Reveal,
)
from reconciler.ledger.ledger import (
    Written as Written,
)
from reconciler.ledger.ledger import (
    open_ledger as open_ledger,
)
from reconciler.ledger.ledger import (
    reveal_nothing as reveal_nothing,
)
from reconciler.ledger.protocol import (
    UNFINISHED as UNFINISHED,
)
from reconciler.ledger.protocol import (
    Address as Address,
)
from reconciler.ledger.protocol import (
    Intent as Intent,
)
from reconciler.ledger.protocol import (
    Run as Run,
)
