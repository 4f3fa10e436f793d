package federation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sallyport/mfa"
	"sallyport/provider/session"
	"sallyport/provider/throttle"
	"sallyport/provider/user"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// Write does in the caller's transaction what the arrival comes to, and adds no round trip to it. It must come before the
// attempt is advanced: what an unconfirmed account had under way ends with it. Errors, which may only show at the commit:
// storage.ErrConflict when connection, account or identity changed since Arrive; the caller then arrives again.
func (a Arrival) Write(ctx context.Context, tx *storage.Tx, by audit.Actor, from audit.Origin, now time.Time) error {
	c := a.connection
	if err := tx.Later().ExpectConnection(ctx, db.ExpectConnectionParams{TenantID: c.Tenant, ID: c.ID, Version: int32(c.Version)}); err != nil {
		return err
	}
	w := writing{Arrival: a, tx: tx, by: by, from: from, now: now}
	switch {
	case a.Created:
		return errors.Join(w.create(ctx), w.connect(ctx))
	case a.Linked:
		return errors.Join(w.hold(ctx), w.empty(ctx), w.connect(ctx), w.describe(ctx),
			w.record(ctx, audit.IdentityLinked, map[string]any{"by": "address", "emptied": a.emptied}))
	}
	return errors.Join(tx.Later().UseIdentity(ctx, db.UseIdentityParams{TenantID: c.Tenant, ID: a.Identity, Now: now, Label: a.person.Label}), w.describe(ctx))
}

// writing is an arrival on its way into a transaction.
type writing struct {
	Arrival
	tx   *storage.Tx
	by   audit.Actor
	from audit.Origin
	now  time.Time
}

func (w writing) create(ctx context.Context) error {
	c := w.connection
	u := db.CreateUserParams{TenantID: c.Tenant, ID: w.User, Email: w.person.Email, EmailKey: w.account.key, Name: w.person.Name,
		Role: c.Settings.Role, CreatedAt: w.now}
	if role := w.role(); role != "" {
		u.Role = role
	}
	if u.Email == "" {
		u.Email = u.EmailKey
	}
	if w.person.Email != "" && w.person.EmailTrusted {
		u.EmailConfirmedAt = &w.now
	}
	return errors.Join(w.tx.Later().CreateUser(ctx, u),
		w.record(ctx, audit.UserCreated, map[string]any{"by": "connection", "role": u.Role, "email_confirmed": u.EmailConfirmedAt != nil}))
}

func (w writing) connect(ctx context.Context) error {
	return w.tx.Later().CreateIdentity(ctx, w.connection.identity(w.Identity, w.User, w.person, w.now))
}

func (c Connection) identity(i id.Identity, u id.User, p Person, now time.Time) db.CreateIdentityParams {
	return db.CreateIdentityParams{TenantID: c.Tenant, ID: i, UserID: u, ConnectionID: c.ID, Issuer: p.Issuer, Subject: p.Subject, Label: p.Label, CreatedAt: now}
}

// hold: whoever confirmed, changed, froze or disabled the account since it was judged wins.
func (w writing) hold(ctx context.Context) error {
	t := w.connection.Tenant
	return errors.Join(w.tx.Later().HoldUser(ctx, db.HoldUserParams{TenantID: t, ID: w.User}),
		w.tx.Later().ExpectAccount(ctx, db.ExpectAccountParams{TenantID: t, ID: w.User, EmailKey: w.account.key, Confirmed: !w.emptied}))
}

// personal is everything that can be used once on behalf of a person.
var personal = []string{string(mfa.BackupCode), string(mfa.AccessCode), "email_code", "sms_code", "password_reset", "email_confirmation", "objection", "trusted_device"}

// empty takes from an account whose address nobody had confirmed all that whoever made it may have left there: its owner has
// come now, and only what an administrator gave (name and role) stays (gauntlet G12).
func (w writing) empty(ctx context.Context) error {
	if !w.emptied {
		return nil
	}
	const reason = "taken over by the owner of the address"
	t, q := w.connection.Tenant, w.tx.Later()
	failed := errors.Join(
		q.ClearPassword(ctx, db.ClearPasswordParams{TenantID: t, ID: w.User}),
		q.EndFactors(ctx, db.EndFactorsParams{TenantID: t, UserID: w.User, Now: w.now, Reason: reason}),
		q.EndIdentities(ctx, db.EndIdentitiesParams{TenantID: t, UserID: w.User, Now: w.now, Reason: reason}),
		q.EndDevices(ctx, db.EndDevicesParams{TenantID: t, UserID: w.User, Now: w.now, Reason: reason}),
		session.EndOthers(ctx, w.tx, t, w.User, id.Session{}, reason, w.now),
		q.EndProvenAttempts(ctx, db.EndProvenAttemptsParams{TenantID: t, Owner: w.User.UUID, Now: w.now}),
		q.ConfirmEmail(ctx, db.ConfirmEmailParams{TenantID: t, ID: w.User, EmailKey: w.account.key, Now: w.now}),
		throttle.Forget(ctx, w.tx, t, throttle.Recovery(mfa.BackupCode, w.User)),
		throttle.Forget(ctx, w.tx, t, throttle.Recovery(mfa.AccessCode, w.User)),
		w.record(ctx, audit.EmailConfirmed, map[string]any{"by": "connection"}),
	)
	for _, k := range personal {
		failed = errors.Join(failed, q.EndPersonal(ctx, db.EndPersonalParams{TenantID: t, Owner: w.User.UUID, Kind: k}))
	}
	return failed
}

// describe keeps name and role as the provider tells them, and writes only what differs.
func (w writing) describe(ctx context.Context) error {
	name, role := w.person.Name, w.role()
	if role == w.account.role || w.account.role == "owner" {
		role = ""
	}
	if role == "" && (name == "" || name == w.account.name) {
		return nil
	}
	failed := w.tx.Later().DescribeUser(ctx, db.DescribeUserParams{TenantID: w.connection.Tenant, ID: w.User, Name: name, Role: role})
	if role != "" {
		failed = errors.Join(failed, w.record(ctx, audit.RoleChanged, map[string]any{"by": "connection", "old": w.account.role, "new": role}))
	}
	return failed
}

// role is what the groups make of the person; "" leaves it as it is.
func (w writing) role() string {
	roles := w.connection.Settings.Roles
	if len(roles) == 0 || !w.person.GroupsKnown {
		return ""
	}
	for _, r := range roles {
		if slices.Contains(w.person.Groups, r.Group) {
			return r.Role
		}
	}
	return w.connection.Settings.Role
}

func (w writing) record(ctx context.Context, k audit.Kind, detail map[string]any) error {
	return w.connection.tell(ctx, w.tx, k, w.User, w.Identity, w.person.Label, detail, w.by, w.from, w.now)
}

// tell records what happened to a person's account through the connection.
func (c Connection) tell(ctx context.Context, tx *storage.Tx, k audit.Kind, u id.User, i id.Identity, label string, detail map[string]any, by audit.Actor, from audit.Origin, now time.Time) error {
	told := map[string]any{"connection": c.ID, "name": c.Name, "identity": i, "label": label}
	for name, value := range detail {
		told[name] = value
	}
	return audit.Record(ctx, tx, c.Tenant, audit.Event{Kind: k, At: now, Actor: by, Target: audit.OnUser(u), Origin: from, Detail: told})
}

// ErrTaken says that somebody else has the identity.
var ErrTaken = errors.New("the identity is connected to another account")

// LinkTo gives the person of a session the identity that they have just proven, beside the proof of their own that the caller has
// asked for. An identity that is theirs already stays. Errors: ErrTaken; user.ErrFrozen; storage.ErrConflict, which may only
// show at the commit, when connection or identity changed meanwhile.
func LinkTo(ctx context.Context, tx *storage.Tx, c Connection, p Person, u id.User, by audit.Actor, from audit.Origin, now time.Time) error {
	q := tx.Later()
	failed := errors.Join(
		q.HoldUser(ctx, db.HoldUserParams{TenantID: c.Tenant, ID: u}),
		q.ExpectConnection(ctx, db.ExpectConnectionParams{TenantID: c.Tenant, ID: c.ID, Version: int32(c.Version)}))
	if failed != nil {
		return failed
	}
	row, err := tx.Now().ArriveAt(ctx, db.ArriveAtParams{TenantID: c.Tenant, ID: c.ID, Issuer: p.Issuer, Subject: p.Subject})
	switch i := (id.Identity{UUID: row.IdentityID}); {
	case err != nil:
		return fmt.Errorf("link identity: %w", user.Held(err))
	case i.IsZero():
		i = id.NewIdentity()
		return errors.Join(q.CreateIdentity(ctx, c.identity(i, u, p, now)),
			c.tell(ctx, tx, audit.IdentityLinked, u, i, p.Label, map[string]any{"by": "proof"}, by, from, now))
	case row.UserID != u:
		return ErrTaken
	default:
		return q.UseIdentity(ctx, db.UseIdentityParams{TenantID: c.Tenant, ID: i, Now: now, Label: p.Label})
	}
}
