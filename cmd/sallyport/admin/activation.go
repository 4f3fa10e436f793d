package admin

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"sallyport/cmd/sallyport/instance"
	"sallyport/provider/notify"
	"sallyport/provider/throttle"
	"sallyport/provider/user"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// UserSendActivation mails links that confirm addresses (R8).
type UserSendActivation struct {
	Tenant         string `required:"" help:"Short name of the tenant."`
	Email          string `arg:"" optional:"" help:"E-mail address."`
	AllUnconfirmed bool   `help:"To everybody of the tenant whose address is not confirmed."`
}

// Run runs the command.
func (c *UserSendActivation) Run(ctx context.Context, d *Desk) error {
	if c.AllUnconfirmed == (c.Email != "") {
		return usage("name an e-mail address, or say --all-unconfirmed")
	}
	if c.AllUnconfirmed {
		return d.inTenant(ctx, c.Tenant, func(i *instance.Instance, t db.Tenant) error { return d.activateAll(ctx, i, t.TenantID) })
	}
	return who{Tenant: c.Tenant, Email: c.Email}.find(ctx, d, func(i *instance.Instance, u db.User) error {
		links, err := letterbox(i)
		if err != nil {
			return err
		}
		sent, err := links.AskConfirmation(ctx, u.TenantID, u.ID, d.cause())
		if err != nil {
			return taken(err, "user %s cannot sign in", u.Email)
		}
		if !sent {
			return fmt.Errorf("the address %s is confirmed already", u.Email)
		}
		return d.say("sent to %s", u.Email)
	})
}

// activateAll tells of each mail as it is queued, because thousands take a while; who cannot be sent one now is named
// and does not stop the others.
func (d *Desk) activateAll(ctx context.Context, i *instance.Instance, t id.Tenant) error {
	links, err := letterbox(i)
	if err != nil {
		return err
	}
	var after id.User
	for sent, seen := 0, 0; ; {
		page, err := i.Store.Tenant(t).ListUnconfirmed(ctx, db.ListUnconfirmedParams{TenantID: t, After: after})
		if err != nil {
			return fmt.Errorf("list users: %w", err)
		}
		if len(page) == 0 {
			return d.say("sent %d of %d", sent, seen)
		}
		for _, u := range page {
			seen, after = seen+1, u.ID
			ok, err := d.activate(ctx, links, t, u)
			if err != nil {
				return err
			}
			if ok {
				sent++
			}
		}
	}
}

func (d *Desk) activate(ctx context.Context, links user.Links, t id.Tenant, u db.ListUnconfirmedRow) (bool, error) {
	sent, err := links.AskConfirmation(ctx, t, u.ID, d.cause())
	switch {
	case errors.Is(err, throttle.ErrTooMany):
		return false, d.say("not sent to %s: too many mails to that address lately", u.Email)
	case errors.Is(err, user.ErrFrozen):
		return false, d.say("not sent to %s: %v", u.Email, user.ErrFrozen)
	case err != nil:
		return false, err
	case !sent:
		return false, nil // confirmed a moment ago
	}
	return true, d.say("sent to %s", u.Email)
}

func letterbox(i *instance.Instance) (user.Links, error) {
	if i.Config.PublicURL == "" {
		return user.Links{}, usage("public_url is not set: links in mails lead there")
	}
	sealer, err := i.Sealer()
	if err != nil {
		return user.Links{}, err
	}
	public, err := url.Parse(i.Config.PublicURL)
	if err != nil {
		return user.Links{}, fmt.Errorf("read public_url: %w", err)
	}
	return user.Links{Store: i.Store, Outbox: notify.Outbox{Seal: sealer, PublicURL: public}}, nil
}
