// Package admin is the commands of the operator: tenants, users, clients, policies and the record of what happened.
//
// It owns how they are typed and what they print. The rules stand in the nouns it calls; where a change is one
// statement and its event, it makes the two in one transaction itself. The commands run beside a server or without
// one. Only package main calls it, through the struct of commands that kong fills.
//
// It depends on nothing outside the house; kong appears in struct tags alone.
package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"sallyport/cmd/sallyport/instance"
	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// Commands is the tree below `sallyport admin`.
type Commands struct {
	Tenant struct {
		Add     TenantAdd     `cmd:"" help:"Add a tenant."`
		List    TenantList    `cmd:"" help:"List the tenants."`
		Disable TenantDisable `cmd:"" help:"Lock everybody of a tenant out."`
		Enable  TenantEnable  `cmd:"" help:"Let a disabled tenant in again."`
	} `cmd:"" help:"Customer organisations."`
	User struct {
		Add            UserAdd            `cmd:"" help:"Add a user."`
		List           UserList           `cmd:"" help:"List the users of a tenant."`
		Disable        UserDisable        `cmd:"" help:"Lock a user out."`
		Enable         UserEnable         `cmd:"" help:"Let a disabled user in again."`
		SetPassword    UserSetPassword    `cmd:"" help:"Set a user's password and end their sessions."`
		ResetFactors   UserResetFactors   `cmd:"" help:"End all second factors of a user, and their sessions."`
		Unfreeze       UserUnfreeze       `cmd:"" help:"Let a user who objected to a change make changes again."`
		SendActivation UserSendActivation `cmd:"" help:"Mail a link that confirms an address, to one user or to all who need it."`
	} `cmd:"" help:"People."`
	AccessCode struct {
		Issue  AccessCodeIssue  `cmd:"" help:"Make a temporary code that stands in for a user's second factor."`
		Revoke AccessCodeRevoke `cmd:"" help:"End a user's access code."`
	} `cmd:"" help:"Temporary codes for people who lost their second factor."`
	Client struct {
		Add     ClientAdd     `cmd:"" help:"Register an application."`
		List    ClientList    `cmd:"" help:"List the applications of a tenant, or the shared ones."`
		Disable ClientDisable `cmd:"" help:"Take an application out of use."`
		Enable  ClientEnable  `cmd:"" help:"Put a disabled application into use again."`
	} `cmd:"" help:"Applications."`
	Connection struct {
		Add     ConnectionAdd     `cmd:"" help:"Connect an identity provider."`
		List    ConnectionList    `cmd:"" help:"List the identity providers of a tenant."`
		Show    ConnectionShow    `cmd:"" help:"Show one, with the redirect URI to register there."`
		Set     ConnectionSet     `cmd:"" help:"Change how a provider is talked to; what is not named stays."`
		Disable ConnectionDisable `cmd:"" help:"Take a provider out of use; what rests on sign-ins there ends to stand."`
		Enable  ConnectionEnable  `cmd:"" help:"Put a disabled provider into use again."`
		Exempt  ConnectionExempt  `cmd:"" help:"Say what a sign-in there spares: the second step, or nothing."`
	} `cmd:"" help:"Identity providers of customer organisations."`
	Domain struct {
		Add     DomainAdd     `cmd:"" help:"Say that a mail domain is a tenant's, and print the DNS record that proves it."`
		List    DomainList    `cmd:"" help:"List the mail domains of a tenant, with their DNS records."`
		Check   DomainCheck   `cmd:"" help:"Look for the DNS record of a domain now."`
		Connect DomainConnect `cmd:"" help:"Have the people of a domain sign in at an identity provider, or here again."`
		Remove  DomainRemove  `cmd:"" help:"Forget a domain; what it gave a right to ends at once."`
	} `cmd:"" help:"Mail domains of customer organisations."`
	Policy Policies `cmd:"" help:"Sign-in policies."`
	Audit  struct {
		List AuditList `cmd:"" help:"List what happened, newest first."`
	} `cmd:"" help:"The record."`
}

// Desk is what every command works with.
type Desk struct {
	Open func(context.Context) (*instance.Instance, error)
	In   io.Reader
	Out  io.Writer
	Now  func() time.Time
}

// Usage is an error of whoever typed the command.
type Usage string

// Error gives the problem in words.
func (u Usage) Error() string { return string(u) }

func usage(format string, args ...any) error { return Usage(fmt.Sprintf(format, args...)) }

func (d *Desk) with(ctx context.Context, work func(*instance.Instance) error) error {
	i, err := d.Open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(work(i), i.Close(ctx))
}

// inTenant also finds disabled tenants, which is where administrators are needed most.
func (d *Desk) inTenant(ctx context.Context, slug string, work func(*instance.Instance, db.Tenant) error) error {
	return d.with(ctx, func(i *instance.Instance) error {
		all, err := i.Store.AllTenants().ListTenantsAllTenants(ctx)
		if err != nil {
			return fmt.Errorf("list tenants: %w", err)
		}
		for _, t := range all {
			if t.Slug == slug {
				return work(i, t)
			}
		}
		return fmt.Errorf("there is no tenant %q", slug)
	})
}

// owned is inTenant, or the lobby for what all tenants share.
func (d *Desk) owned(ctx context.Context, slug string, shared bool, work func(*instance.Instance, id.Tenant) error) error {
	if shared == (slug != "") {
		return usage("name a tenant with --tenant, or say --shared")
	}
	if shared {
		return d.with(ctx, func(i *instance.Instance) error { return work(i, id.Lobby) })
	}
	return d.inTenant(ctx, slug, func(i *instance.Instance, t db.Tenant) error { return work(i, t.TenantID) })
}

// taken says in words what a conflict or a missing row means here.
func taken(err error, format string, args ...any) error {
	if errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf(format, args...)
	}
	return err
}

func (d *Desk) say(format string, args ...any) error {
	_, err := fmt.Fprintf(d.Out, strings.TrimSuffix(format, "\n")+"\n", args...)
	return err
}
