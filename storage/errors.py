"""What can go wrong in storage. No error quotes a value: neither words, ids, keys nor the text of a library's error.

StorageError
├── Misconfigured        whoever runs the bot must change something before it may start
│   ├── UnsafePlace      a file or folder that others may read or replace
│   ├── UnsafeAddress    a server that would be spoken to without TLS
│   ├── WrongSchema      a database that another version of the program made
│   └── KeyringOutdated  an older copy, which may have the keys of people who were erased since
├── UnknownKey           sealed with a key that is not there
│   └── SubjectErased    and never will be again
├── DecryptionFailed     the bytes were changed, moved or cut, or the key is not the one it says it is
├── BackupFailed         a copy could not be made, or is damaged
├── LeaseLost            another process does this job now
├── NotFound             there is no such thing, or it is not for whoever asked; which of both is not told
├── CodeRefused          not the code that was sent, or too late, or tried too often
├── OptedOut             this person said never to be heard, and nobody but them can change that
├── NothingToSave        nobody's words are left that may be saved
├── TooManyJobs          as many are under way as one person may have
├── KeyProviderFailed    whoever holds the key-encryption keys did not answer, or refused
└── DatabaseFailed       the database did not do it; nothing of it was written
    ├── DatabaseBusy     somebody else has been writing for too long
    ├── DatabaseFull     no room is left
    └── OwnerGone        what it would belong to was deleted meanwhile
"""

from __future__ import annotations


class StorageError(Exception):
    """What was asked of storage did not happen."""


class Misconfigured(StorageError):
    """Whoever runs the bot must change something before it may start."""


class UnsafePlace(Misconfigured):
    """A file or folder that others may read or replace."""


class UnsafeAddress(Misconfigured):
    """A server beyond this machine that would be spoken to without TLS."""


class WrongSchema(Misconfigured):
    """A database that another version of the program made."""


class KeyringOutdated(Misconfigured):
    """The keyring is an older copy, which may have the keys of people who were erased since."""


class UnknownKey(StorageError):
    """Sealed with a key that is not there."""


class SubjectErased(UnknownKey):
    """The subject's keys were destroyed, and no new one will be made."""


class DecryptionFailed(StorageError):
    """The bytes were changed, moved or cut, or the key is not the one it says it is."""


class NotFound(StorageError):
    """There is no such thing, or it is not for whoever asked; which of both is not told."""


class OptedOut(StorageError):
    """This person said never to be heard, and nobody but them can change that."""


class NothingToSave(StorageError):
    """Nobody's words are left that may be saved."""


class TooManyJobs(StorageError):
    """As many are under way as one person may have."""


class CodeRefused(StorageError):
    """Not the code that was sent, or too late, or tried too often; which of them is not told."""


class KeyProviderFailed(StorageError):
    """Whoever holds the key-encryption keys did not answer, or refused."""


class BackupFailed(StorageError):
    """A copy could not be made, or is damaged."""


class LeaseLost(StorageError):
    """Another process does this job now; what was begun is undone."""


class DatabaseFailed(StorageError):
    """The database did not do it; nothing of it was written."""


class DatabaseBusy(DatabaseFailed):
    """Somebody else has been writing for too long. Trying again may help."""


class DatabaseFull(DatabaseFailed):
    """No room is left on the disk."""


class OwnerGone(DatabaseFailed):
    """What a row would belong to was deleted meanwhile, or still has rows that belong to it."""
