"""Every kind of store that has a server, and what starts one."""

from __future__ import annotations

from tests.unit.stores.gcs import gcs
from tests.unit.stores.servers import apache, azurite, moto, seaweedfs

SERVERS = {"webdav": apache, "s3": seaweedfs, "moto": moto, "azure": azurite, "gcs": gcs}
