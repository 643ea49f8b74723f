"""MediaMesh's hot data: trending and popular programs, and a search index, before its databases."""

from anydynamo.catalog.mediamesh.cache_aside import CacheAside
from anydynamo.catalog.mediamesh.discovery import (
    Discovery,
    DiscoveryRepository,
    DiscoverySource,
)
from anydynamo.catalog.mediamesh.in_process import InProcessSearch
from anydynamo.catalog.mediamesh.models import IndexedContent, Models, Popular, Trending
from anydynamo.catalog.mediamesh.search import (
    FullTextSearch,
    Indexed,
    Search,
    SearchRepository,
    SearchResults,
)
from anydynamo.catalog.mediamesh.settings import MediaMeshSettings
from anydynamo.catalog.mediamesh.values import Content, Program, SearchQuery

__all__ = [
    "CacheAside",
    "Content",
    "Discovery",
    "DiscoveryRepository",
    "DiscoverySource",
    "FullTextSearch",
    "InProcessSearch",
    "Indexed",
    "IndexedContent",
    "MediaMeshSettings",
    "Models",
    "Popular",
    "Program",
    "Search",
    "SearchQuery",
    "SearchRepository",
    "SearchResults",
    "Trending",
]
