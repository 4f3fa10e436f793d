package storage

import "errors"

// ErrNotFound says that no row inside the tenant's fence answers the look-up.
// A row of another tenant is not found either, so that nothing tells the two apart.
var ErrNotFound = errors.New("not found")

// ErrConflict says that the row changed, was consumed or was created by somebody else
// between reading and writing; the caller reads again and decides anew.
var ErrConflict = errors.New("conflict")

// ErrUnavailable says that the database could not be asked. Nothing may be
// let through on it: the caller answers 503 (gauntlet A13).
var ErrUnavailable = errors.New("database unavailable")
