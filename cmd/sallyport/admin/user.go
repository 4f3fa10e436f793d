package admin

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"sallyport/cmd/sallyport/instance"
	"sallyport/provider/user"
	"sallyport/storage/audit"
	"sallyport/storage/db"
)

// UserAdd makes a user with a password.
type UserAdd struct {
	Tenant string `required:"" help:"Short name of the tenant."`
	Email  string `arg:"" help:"E-mail address; it counts as confirmed."`
	Name   string `help:"Name that people see."`
	Role   string `enum:"user,admin,owner" default:"user" help:"One of ${enum}."`
	secret
}

// Run runs the command.
func (c *UserAdd) Run(ctx context.Context, d *Desk) error {
	return d.inTenant(ctx, c.Tenant, func(i *instance.Instance, t db.Tenant) error {
		password, err := c.choose(ctx, d, i)
		if err != nil {
			return err
		}
		_, err = user.Create(ctx, i.Store, t.TenantID, user.New{Email: c.Email, Name: c.Name, PasswordHash: password.hash,
			Role: c.Role, Confirmed: true}, audit.Operator, d.Now())
		if err != nil {
			return taken(err, "tenant %s has a user %s already", c.Tenant, c.Email)
		}
		return d.say("added user %s to tenant %s%s", c.Email, c.Tenant, password.notice)
	})
}

// UserList lists the users of a tenant.
type UserList struct {
	Tenant string `required:"" help:"Short name of the tenant."`
	listing
}

type userRow struct {
	Email   string    `json:"email"`
	Name    string    `json:"name"`
	ID      string    `json:"id"`
	Role    string    `json:"role"`
	Service bool      `json:"service"`
	Factors int64     `json:"second_factors"`
	State   string    `json:"state"`
	Created time.Time `json:"created"`
}

// Run runs the command.
func (c *UserList) Run(ctx context.Context, d *Desk) error {
	return d.inTenant(ctx, c.Tenant, func(i *instance.Instance, t db.Tenant) error {
		all, err := i.Store.Tenant(t.TenantID).ListUsers(ctx, t.TenantID)
		if err != nil {
			return fmt.Errorf("list users: %w", err)
		}
		var rows []userRow
		for _, u := range all {
			rows = append(rows, userRow{u.Email, u.Name, u.ID.String(), u.Role, u.Service, u.Factors, state(u.Disabled), u.CreatedAt})
		}
		return list(d, c.listing, rows, "EMAIL NAME ROLE FACTORS STATE CREATED", func(r userRow) []string {
			return []string{r.Email, r.Name, r.Role, strconv.FormatInt(r.Factors, 10), r.State, stamp(r.Created)}
		})
	})
}

// who names one user.
type who struct {
	Tenant string `required:"" help:"Short name of the tenant."`
	Email  string `arg:"" help:"E-mail address."`
}

func (w who) find(ctx context.Context, d *Desk, work func(*instance.Instance, db.User) error) error {
	return d.inTenant(ctx, w.Tenant, func(i *instance.Instance, t db.Tenant) error {
		key, err := user.Key(w.Email)
		if err != nil {
			return err
		}
		u, err := i.Store.Tenant(t.TenantID).UserByEmail(ctx, db.UserByEmailParams{TenantID: t.TenantID, EmailKey: key})
		if err != nil {
			return taken(err, "tenant %s has no user %s", w.Tenant, w.Email)
		}
		return work(i, u)
	})
}

// UserDisable locks a user out.
type UserDisable struct{ who }

// Run runs the command.
func (c *UserDisable) Run(ctx context.Context, d *Desk) error { return c.set(ctx, d, true) }

// UserEnable lets a user in again.
type UserEnable struct{ who }

// Run runs the command.
func (c *UserEnable) Run(ctx context.Context, d *Desk) error { return c.set(ctx, d, false) }

func (w who) set(ctx context.Context, d *Desk, disabled bool) error {
	return w.find(ctx, d, func(i *instance.Instance, u db.User) error {
		if err := user.SetDisabled(ctx, i.Store, u.TenantID, u.ID, disabled, audit.Operator, d.Now()); err != nil {
			return err
		}
		return d.say("user %s is %s", u.Email, state(disabled))
	})
}
