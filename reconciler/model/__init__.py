"""The values every room speaks of: keys, references, origins, secrets, resources, tenants."""

from reconciler.model.resources import (
    ALL as ALL,
)
from reconciler.model.resources import (
    MISSING as MISSING,
)
from reconciler.model.resources import (
    UNREADABLE as UNREADABLE,
)
from reconciler.model.resources import (
    DesiredResource as DesiredResource,
)
from reconciler.model.resources import (
    DesiredTenant as DesiredTenant,
)
from reconciler.model.resources import (
    Exhaustive as Exhaustive,
)
from reconciler.model.resources import (
    Fingerprint as Fingerprint,
)
from reconciler.model.resources import (
    JobHistory as JobHistory,
)
from reconciler.model.resources import (
    Json as Json,
)
from reconciler.model.resources import (
    LastJob as LastJob,
)
from reconciler.model.resources import (
    LiveResource as LiveResource,
)
from reconciler.model.resources import (
    Marker as Marker,
)
from reconciler.model.resources import (
    Memory as Memory,
)
from reconciler.model.resources import (
    Origin as Origin,
)
from reconciler.model.resources import (
    Path as Path,
)
from reconciler.model.resources import (
    Ref as Ref,
)
from reconciler.model.resources import (
    Remembered as Remembered,
)
from reconciler.model.resources import (
    ResourceKey as ResourceKey,
)
from reconciler.model.resources import (
    Retired as Retired,
)
from reconciler.model.resources import (
    Secret as Secret,
)
from reconciler.model.resources import (
    SecretName as SecretName,
)
from reconciler.model.resources import (
    Spec as Spec,
)
from reconciler.model.resources import (
    State as State,
)
from reconciler.model.resources import (
    referred as referred,
)
from reconciler.model.resources import (
    workspace_key as workspace_key,
)
