"""A forum: its tables, what is asked of them, the migration of its JSON files, its old verbs."""

from anydynamo.catalog.forum.adapter import BlockingForumAdapter, ForumAdapter
from anydynamo.catalog.forum.migration import Migrated, migrate, sample_files
from anydynamo.catalog.forum.models import MODELS, Post, Thread, User
from anydynamo.catalog.forum.seed import Seeded, seed
from anydynamo.catalog.forum.service import Forum
from anydynamo.catalog.forum.verification import VerifiedForum, verify_forum
from anydynamo.operations.progress import Progress

__all__ = [
    "MODELS",
    "BlockingForumAdapter",
    "Forum",
    "ForumAdapter",
    "Migrated",
    "Post",
    "Progress",
    "Seeded",
    "Thread",
    "User",
    "VerifiedForum",
    "migrate",
    "sample_files",
    "seed",
    "verify_forum",
]
