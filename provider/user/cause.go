package user

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/id"
)

// Cause is who does something to an account, from where, in which language (BCP 47, for the mails about it) and when.
type Cause struct {
	By     audit.Actor
	From   audit.Origin
	Locale string
	Now    time.Time
}

func (c Cause) record(ctx context.Context, tx *storage.Tx, t id.Tenant, u id.User, k audit.Kind, detail map[string]any) error {
	told := map[string]any{"locale": c.Locale}
	maps.Copy(told, detail)
	return audit.Record(ctx, tx, t, audit.Event{Kind: k, At: c.Now, Actor: c.By, Target: audit.OnUser(u), Origin: c.From, Detail: told})
}

// ErrFrozen says that the person has objected to a change: until an administrator has looked, nothing that proves
// who they are can be changed by themselves.
var ErrFrozen = errors.New("changes to this account are frozen")

// frozen is what the statement HoldUser calls its refusal.
const frozen = "changes frozen"

// Held gives the refusal of HoldUser its meaning: ErrFrozen, which is no storage.ErrConflict, because trying again
// does not help. Every other error passes unchanged.
func Held(err error) error {
	if c := (*storage.Conflict)(nil); errors.As(err, &c) && c.What == frozen {
		return fmt.Errorf("%w (%v)", ErrFrozen, err)
	}
	return err
}

// address is where the request came from, as people read it; "" where it came from nowhere.
func (c Cause) address() string {
	if !c.From.Address.IsValid() {
		return ""
	}
	return c.From.Address.String()
}
