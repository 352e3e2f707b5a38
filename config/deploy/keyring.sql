-- The second database: the wrapped data keys, which are backed up apart from the content.
CREATE DATABASE keyring;
