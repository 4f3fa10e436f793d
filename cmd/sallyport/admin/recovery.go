package admin

import (
	"context"
	"fmt"
	"time"

	"sallyport/cmd/sallyport/instance"
	"sallyport/provider/recovery"
	"sallyport/provider/user"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// helped is a user, and in whose name they are helped.
type helped struct {
	who
	By string `placeholder:"EMAIL" help:"Do it as this administrator of the tenant, within what they may; without it, as the operator."`
}

func (h helped) find(ctx context.Context, d *Desk, work func(*instance.Instance, db.User, recovery.Help) error) error {
	return h.who.find(ctx, d, func(i *instance.Instance, u db.User) error {
		by, err := h.helper(ctx, i, u.TenantID)
		if err != nil {
			return err
		}
		return work(i, u, recovery.Help{Tenant: u.TenantID, Target: u.ID, Helper: by, Now: d.Now()})
	})
}

func (h helped) helper(ctx context.Context, i *instance.Instance, t id.Tenant) (*id.User, error) {
	if h.By == "" {
		return nil, nil
	}
	key, err := user.Key(h.By)
	if err != nil {
		return nil, err
	}
	u, err := i.Store.Tenant(t).UserByEmail(ctx, db.UserByEmailParams{TenantID: t, EmailKey: key})
	if err != nil {
		return nil, taken(err, "tenant %s has no user %s", h.Tenant, h.By)
	}
	return &u.ID, nil
}

// AccessCodeIssue makes an access code and prints it once.
type AccessCodeIssue struct {
	helped
	Uses    int `help:"How often it is good; what the policy says if 0, and never more."`
	Minutes int `help:"For how long it is good; what the policy says if 0, and never longer."`
}

// Run runs the command.
func (c *AccessCodeIssue) Run(ctx context.Context, d *Desk) error {
	if c.Uses < 0 || c.Minutes < 0 {
		return usage("--uses and --minutes cannot be negative")
	}
	return c.find(ctx, d, func(i *instance.Instance, u db.User, h recovery.Help) error {
		sealer, err := i.Sealer()
		if err != nil {
			return err
		}
		pepper, err := recovery.Pepper(sealer)
		if err != nil {
			return err
		}
		code, err := recovery.IssueAccessCode(ctx, i.Store, pepper, recovery.Issue{Help: h, Uses: c.Uses, Life: time.Duration(c.Minutes) * time.Minute})
		if err != nil {
			return err
		}
		return d.say("access code for %s (shown once): %s\nexpires: %s\nuses: %d", u.Email, code.Text, stamp(code.Expires), code.Uses)
	})
}

// AccessCodeRevoke ends what a user has of access codes.
type AccessCodeRevoke struct{ helped }

// Run runs the command.
func (c *AccessCodeRevoke) Run(ctx context.Context, d *Desk) error {
	return c.find(ctx, d, func(i *instance.Instance, u db.User, h recovery.Help) error {
		if err := recovery.RevokeAccessCodes(ctx, i.Store, h); err != nil {
			return err
		}
		return d.say("user %s has no access code any more", u.Email)
	})
}

// UserResetFactors ends all second factors of a user (R2).
type UserResetFactors struct{ helped }

// Run runs the command.
func (c *UserResetFactors) Run(ctx context.Context, d *Desk) error {
	return c.find(ctx, d, func(i *instance.Instance, u db.User, h recovery.Help) error {
		if err := recovery.ResetFactors(ctx, i.Store, h); err != nil {
			return err
		}
		return d.say("user %s has no second factor any more; their sessions are ended", u.Email)
	})
}

// UserUnfreeze lets somebody change their account again after they objected to a change.
type UserUnfreeze struct{ who }

// Run runs the command.
func (c *UserUnfreeze) Run(ctx context.Context, d *Desk) error {
	return c.find(ctx, d, func(i *instance.Instance, u db.User) error {
		if u.FrozenAt == nil {
			return fmt.Errorf("user %s is not frozen", u.Email)
		}
		if err := user.Unfreeze(ctx, i.Store, u.TenantID, u.ID, d.cause()); err != nil {
			return err
		}
		return d.say("user %s may change their account again", u.Email)
	})
}

// cause is the operator's word for a change.
func (d *Desk) cause() user.Cause { return user.Cause{By: audit.Operator, Now: d.Now()} }
