package storage

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrNotFound says that no row inside the tenant's fence answers the look-up.
// A row of another tenant is not found either, so that nothing tells the two apart.
var ErrNotFound = errors.New("not found")

// ErrConflict says that the row changed, was consumed or was created by somebody else
// between reading and writing; the caller reads again and decides anew.
var ErrConflict = errors.New("conflict")

// Conflict is an ErrConflict that names the condition of require_one or the constraint that failed.
type Conflict struct{ What string }

func (c *Conflict) Error() string { return ErrConflict.Error() + ": " + c.What }

// Unwrap makes errors.Is(err, ErrConflict) true.
func (c *Conflict) Unwrap() error { return ErrConflict }

// ErrUnavailable says that the database could not be asked. Nothing may be
// let through on it: the caller answers 503 (gauntlet A13).
var ErrUnavailable = errors.New("database unavailable")

// ErrTooPowerful says that the runtime login could walk through the tenant fence.
var ErrTooPowerful = errors.New("the runtime role is a superuser, bypasses row-level security or owns tables")

// pgx puts the address, and with it a password, into its message.
var errMalformedURL = errors.New("database address is malformed")

// translate turns what the driver says into what callers decide on. Statements are ours, so
// whatever is not a known refusal is a defect and passes unchanged.
func translate(err error) error {
	var pg *pgconn.PgError
	switch {
	case err == nil, errors.Is(err, ErrNotFound), errors.Is(err, ErrConflict), errors.Is(err, ErrUnavailable):
		return err
	case errors.Is(err, pgx.ErrNoRows):
		return ErrNotFound
	case errors.As(err, &pg):
		return translateState(pg)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, errDeferred):
		return err
	}
	// What is left is the connection: refused, reset, closed in the middle.
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

func translateState(pg *pgconn.PgError) error {
	switch {
	case pg.Code == "SP409":
		return &Conflict{What: pg.Message}
	case pg.Code == "23505":
		return &Conflict{What: pg.ConstraintName}
	// Connection exceptions, insufficient resources, operator intervention, read-only standby.
	case strings.HasPrefix(pg.Code, "08"), strings.HasPrefix(pg.Code, "53"), strings.HasPrefix(pg.Code, "57"), pg.Code == "25006":
		return fmt.Errorf("%w: %w", ErrUnavailable, pg)
	}
	return pg
}
