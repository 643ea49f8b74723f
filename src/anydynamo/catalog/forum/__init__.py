"""A forum: its tables, the migration of its JSON files, and the verbs of its service."""

from anydynamo.catalog.forum.adapter import BlockingForumAdapter, ForumAdapter
from anydynamo.catalog.forum.migration import Migrated, migrate, sample_files
from anydynamo.catalog.forum.models import MODELS, Post, Thread, User
from anydynamo.operations.progress import Progress

__all__ = [
    "MODELS",
    "BlockingForumAdapter",
    "ForumAdapter",
    "Migrated",
    "Post",
    "Progress",
    "Thread",
    "User",
    "migrate",
    "sample_files",
]
