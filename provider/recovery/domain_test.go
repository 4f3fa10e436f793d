package recovery_test

import (
	"errors"
	"testing"

	"sallyport/mfa/policy"
	codes "sallyport/mfa/recovery"
	"sallyport/provider/recovery"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// rename gives somebody another address.
func (d *desk) rename(u id.User, email string) {
	d.t.Helper()
	d.exec("UPDATE users SET email = $2, email_key = lower($2) WHERE id = $1", u.UUID, email)
}

// tried is what both kinds of help say, which has to be the same; outsiders keep all that they have.
func (d *desk) tried(target id.User, by ...id.User) error {
	d.t.Helper()
	d.exec("DELETE FROM single_use")
	before := d.left(target)
	_, issue := d.issue(target, by...)
	if n := len(d.unused(target)); (issue == nil) != (n == 1) {
		d.t.Errorf("%d codes with %v", n, issue)
	}
	d.exec("DELETE FROM single_use")
	reset := recovery.ResetFactors(ctx, d.store, d.help(target, by...))
	if (issue == nil) != (reset == nil) || reset != nil && d.left(target) != before {
		d.t.Errorf("issue: %v; reset: %v; %d left of %d", issue, reset, d.left(target), before)
	}
	return errors.Join(issue, reset)
}

func TestR17AdministratorsHelpInsideProvenDomainsOnly(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	d.exec("INSERT INTO domains (tenant_id, name, challenge, created_at) VALUES ($1, 'pending.test', 'c', $2)", d.tenant.UUID, d.now)
	d.owns(d.another("globex", nil), "globex.test")
	owner := d.person(d.tenant, "owner", "owner")
	for email, want := range map[string]error{
		"kari@acme.test": nil, "Kari@ACME.test": nil, "kari@acme.test.": nil,
		"kari@gmail.test": codes.ErrDomain, "kari@pending.test": codes.ErrDomain, "kari@globex.test": codes.ErrDomain,
		"kari@mail.acme.test": codes.ErrDomain, "kari@notacme.test": codes.ErrDomain, "acme.test@gmail.test": codes.ErrDomain, "kari@localhost": codes.ErrDomain,
	} {
		target := d.person(d.tenant, id.NewUser().String(), "user")
		d.rename(target, email)
		d.provided(target)
		if err := d.tried(target, owner); !errors.Is(err, want) || (want == nil) != (err == nil) {
			t.Errorf("%s: %v, want %v", email, err, want)
		}
		if want != nil {
			d.must(recovery.RevokeAccessCodes(ctx, d.store, d.help(target, owner)))
		}
		d.rename(target, id.NewUser().String()+"@gone.test")
	}
}

func TestR17OperatorIsNotBound(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	target := d.person(d.tenant, "kari", "user")
	d.rename(target, "kari@gmail.test")
	d.provided(target)
	d.must(d.tried(target))
	if n := d.left(target); n != 0 {
		t.Errorf("%d left", n)
	}
}

func TestR17PolicyMayLetHelpReachOutside(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	owner, target := d.person(d.tenant, "owner", "owner"), d.person(d.tenant, "kari", "user")
	d.rename(target, "kari@gmail.test")
	d.provided(target)
	for version, outside := range []bool{false, true, false} {
		p := policy.Default()
		p.ResetOutside = outside
		d.must(d.store.Tenant(d.tenant).CreatePolicyVersion(ctx, db.CreatePolicyVersionParams{TenantID: d.tenant, Version: int32(version + 2), Document: p.Encode(), CreatedAt: d.now}))
		if err := d.tried(target, owner); outside != (err == nil) || !outside && !errors.Is(err, codes.ErrDomain) {
			t.Errorf("outside %t: %v", outside, err)
		}
	}
}

// Whoever has the domain has the mailbox: nobody has to confirm the address first.
func TestR17UnconfirmedAddressCounts(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	owner, target := d.person(d.tenant, "owner", "owner"), d.person(d.tenant, "kari", "user")
	if d.count("SELECT count(*) FROM users WHERE id = $1 AND email_confirmed_at IS NULL", target.UUID) != 1 {
		t.Fatal("the address is confirmed")
	}
	d.must(d.tried(target, owner))
}

// H05: the right is read when it counts, not when the page was made.
func TestR17RightEndsWithTheDomain(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]string{"lost": "UPDATE domains SET proven_at = NULL", "removed": "DELETE FROM domains"} {
		d := newDesk(t, nil)
		owner, target := d.person(d.tenant, "owner", "owner"), d.person(d.tenant, "kari", "user")
		d.provided(target)
		d.exec(end)
		if err := d.tried(target, owner); !errors.Is(err, codes.ErrDomain) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A policy that nobody can read binds administrators; the operator is there for that, too.
func TestOperatorResetsWhateverThePolicyHasBecome(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	owner, target := d.person(d.tenant, "owner", "owner"), d.person(d.tenant, "kari", "user")
	d.provided(target)
	d.exec("UPDATE policies SET document = '{}'")
	if err := recovery.ResetFactors(ctx, d.store, d.help(target, owner)); err == nil {
		t.Error("reset without a policy")
	}
	d.must(recovery.ResetFactors(ctx, d.store, d.help(target)))
}
