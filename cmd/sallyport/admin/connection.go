package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"sallyport/cmd/sallyport/instance"
	"sallyport/provider/federation"
	"sallyport/provider/tenant"
	"sallyport/storage/audit"
	"sallyport/storage/db"
)

// maxProviderSecret is in bytes: a private key in PEM with its certificate.
const maxProviderSecret = 16 << 10

// credential is how a client secret or private key comes in. Never as an argument: those are read by every user of the machine.
type credential struct {
	SecretFile string `placeholder:"FILE" help:"Read the client secret, or the private key in PEM, from FILE, '-' for standard input."`
}

func (c credential) read(d *Desk) (string, error) {
	in := d.In
	switch c.SecretFile {
	case "":
		return "", nil
	case "-":
	default:
		f, err := os.Open(c.SecretFile)
		if err != nil {
			return "", usage("read secret: %v", err)
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, maxProviderSecret+1))
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

// ConnectionAdd makes a connection.
type ConnectionAdd struct {
	Tenant   string `required:"" help:"Short name of the tenant."`
	Name     string `arg:"" help:"Name that people see: Continue with NAME."`
	Kind     string `required:"" enum:"entra,google,okta,oidc" help:"One of ${enum}."`
	Disabled bool   `help:"Nobody can use it before it is enabled."`
	credential
	provider
}

// Run runs the command.
func (c *ConnectionAdd) Run(ctx context.Context, d *Desk) error {
	return d.inTenant(ctx, c.Tenant, func(i *instance.Instance, t db.Tenant) error {
		n := federation.Connection{Tenant: t.TenantID, Kind: federation.Kind(c.Kind), Name: c.Name, Disabled: c.Disabled}
		n.Settings = n.Kind.Defaults()
		if err := c.change(&n.Settings); err != nil {
			return err
		}
		secret, err := c.read(d)
		if err != nil {
			return err
		}
		sealer, err := i.Sealer()
		if err != nil {
			return err
		}
		if n.ID, err = federation.Create(ctx, i.Store, sealer, n, secret, audit.Operator, audit.Origin{}, d.Now()); err != nil {
			return taken(wrong(err), "tenant %s has a connection %q already", c.Tenant, c.Name)
		}
		return d.say("added connection %s to tenant %s (%s)\nredirect URI to register there: %s\nThe second step is asked for here until admin connection exempt says otherwise.",
			c.Name, c.Tenant, n.ID, redirectURI(i, n))
	})
}

// wrong says which flag is the matter.
func wrong(err error) error {
	if i := (*federation.Invalid)(nil); errors.As(err, &i) {
		return usage("%s", i.Error())
	}
	return err
}

func redirectURI(i *instance.Instance, c federation.Connection) string {
	public, err := url.Parse(i.Config.PublicURL)
	if err != nil || public.Host == "" {
		return "(public_url is not set)"
	}
	return c.RedirectURI(public)
}

// ConnectionSet changes a connection.
type ConnectionSet struct {
	which
	Rename string `placeholder:"NAME" help:"New name that people see."`
	credential
	provider
}

// Run runs the command.
func (c *ConnectionSet) Run(ctx context.Context, d *Desk) error {
	return c.find(ctx, d, func(i *instance.Instance, n federation.Connection) error {
		if c.Rename != "" {
			n.Name = c.Rename
		}
		if err := c.change(&n.Settings); err != nil {
			return err
		}
		secret, err := c.read(d)
		if err != nil {
			return err
		}
		sealer, err := i.Sealer()
		if err != nil {
			return err
		}
		if err := federation.Change(ctx, i.Store, sealer, n, secret, audit.Operator, audit.Origin{}, d.Now()); err != nil {
			return taken(wrong(err), "somebody else changed the connection meanwhile, or another one is called %q", n.Name)
		}
		return d.say("changed connection %s", n.Name)
	})
}

// ConnectionDisable takes a connection out of use.
type ConnectionDisable struct{ which }

// Run runs the command.
func (c *ConnectionDisable) Run(ctx context.Context, d *Desk) error { return c.turn(ctx, d, true) }

// ConnectionEnable puts a connection into use again.
type ConnectionEnable struct{ which }

// Run runs the command.
func (c *ConnectionEnable) Run(ctx context.Context, d *Desk) error { return c.turn(ctx, d, false) }

func (w which) turn(ctx context.Context, d *Desk, disabled bool) error {
	return w.find(ctx, d, func(i *instance.Instance, c federation.Connection) error {
		warning, err := leaves(ctx, i, c, disabled)
		if err != nil {
			return err
		}
		if err := federation.SetDisabled(ctx, i.Store, c.Tenant, c.ID, disabled, audit.Operator, audit.Origin{}, d.Now()); err != nil {
			return err
		}
		return d.say("connection %s is %s%s", c.Name, state(disabled), warning)
	})
}

// leaves says who can still sign in without the connection, where that is not everybody; it refuses when it is nobody.
func leaves(ctx context.Context, i *instance.Instance, c federation.Connection, disabled bool) (string, error) {
	p, err := tenant.CurrentPolicy(ctx, i.Store, c.Tenant)
	if err != nil || !disabled || c.Disabled || !p.NoPasswords {
		return "", err
	}
	others, err := federation.Usable(ctx, i.Store, c.Tenant, c.ID)
	switch {
	case err != nil || others:
		return "", err
	case len(p.BreakGlass) == 0:
		return "", fmt.Errorf("%s is the only way in: passwords are turned off, nobody is named for emergencies, and there is no other connection", c.Name)
	}
	return fmt.Sprintf("\nPasswords are turned off and there is no other connection: everybody but the %d people named for emergencies is locked out.", len(p.BreakGlass)), nil
}
