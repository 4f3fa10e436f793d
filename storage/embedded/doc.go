// Package embedded runs a private PostgreSQL from server binaries that are
// already on the machine, so that `sallyport serve`, `sallyport demo`, the
// admin commands and the tests need no database set up by hand.
//
// It owns the data directory's lock, the cluster in pgdata, the socket
// directory, the rules of who may connect, the three roles and the empty
// database, and the life of the server process: start, restart after a crash,
// orderly stop. It does not own tables, migrations or connection pools; package
// storage does, with the address that URL gives. Callers are cmd and the test
// runner storage/storagetest/with.
//
// The server listens on a Unix socket only and knows peers by the kernel's word
// (peer authentication), so there is no password to keep and no port to guard.
//
// Dependencies: jackc/pgx/v5, the driver the rest of the house uses, makes roles
// and database. fergusstrange/embedded-postgres is not used: it downloads
// server binaries at run time and listens on TCP with a password.
package embedded
