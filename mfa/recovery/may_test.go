package recovery_test

import (
	"errors"
	"testing"

	"sallyport/mfa/recovery"
	"sallyport/storage/id"
)

var (
	both = recovery.Rules{Enabled: true, Issuers: []string{"admin", "owner"}}
	// below says who may help whom; whatever is not in it may not.
	below = map[[2]string]bool{{"admin", "user"}: true, {"owner", "user"}: true, {"owner", "admin"}: true}
	roles = []string{"", "user", "admin", "owner", "root", "Owner"}
)

// of is somebody whose address is in a proven domain.
func of(role string) recovery.Person {
	return recovery.Person{ID: id.NewUser(), Role: role, Domain: true}
}

func TestC11H05OnlyLowerRolesAreHelped(t *testing.T) {
	t.Parallel()
	everybody := recovery.Rules{Enabled: true, Issuers: roles} // even a policy that names them makes nobody higher
	for _, actor := range roles {
		for _, target := range roles {
			may := below[[2]string{actor, target}]
			if err := recovery.MayIssue(everybody, of(actor), of(target)); may != (err == nil) || !may && !errors.Is(err, recovery.ErrRole) {
				t.Errorf("%q issues for %q: %v", actor, target, err)
			}
			if err := recovery.MayReset(recovery.Rules{}, of(actor), of(target)); may != (err == nil) || !may && !errors.Is(err, recovery.ErrRole) {
				t.Errorf("%q resets %q: %v", actor, target, err)
			}
			if err := recovery.MayRevoke(of(actor), of(target)); may != (err == nil) || !may && !errors.Is(err, recovery.ErrRole) {
				t.Errorf("%q revokes of %q: %v", actor, target, err)
			}
		}
	}
}

func TestC11NobodyHelpsThemselves(t *testing.T) {
	t.Parallel()
	for _, role := range []string{"admin", "owner"} {
		me, demoted := of(role), of("user")
		demoted.ID = me.ID // the role on record of oneself is no way around
		for _, target := range []recovery.Person{me, demoted} {
			if err := recovery.MayIssue(both, me, target); !errors.Is(err, recovery.ErrSelf) {
				t.Errorf("%s issues for themselves: %v", role, err)
			}
			if err := recovery.MayReset(recovery.Rules{}, me, target); !errors.Is(err, recovery.ErrSelf) {
				t.Errorf("%s resets themselves: %v", role, err)
			}
		}
	}
}

func TestC11PolicyNamesWhoIssues(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rules recovery.Rules
		who   string
		want  error
	}{
		"an admin where both may":          {both, "admin", nil},
		"an admin where owners may":        {recovery.Rules{Enabled: true, Issuers: []string{"owner"}}, "admin", recovery.ErrNotIssuer},
		"an owner where owners may":        {recovery.Rules{Enabled: true, Issuers: []string{"owner"}}, "owner", nil},
		"an owner where only admins may":   {recovery.Rules{Enabled: true, Issuers: []string{"admin"}}, "owner", recovery.ErrNotIssuer},
		"an owner where nobody may":        {recovery.Rules{Enabled: true}, "owner", recovery.ErrNotIssuer},
		"an owner where codes are off":     {recovery.Rules{Issuers: []string{"admin", "owner"}}, "owner", recovery.ErrNotIssuer},
		"an owner where nothing was given": {recovery.Rules{}, "owner", recovery.ErrNotIssuer},
		"a user":                           {both, "user", recovery.ErrNotIssuer},
	} {
		if err := recovery.MayIssue(c.rules, of(c.who), of("user")); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestC11NoCodeForWhoCannotSignIn(t *testing.T) {
	t.Parallel()
	disabled, service := of("user"), of("user")
	disabled.Disabled, service.Service = true, true
	for _, target := range []recovery.Person{disabled, service} {
		if err := recovery.MayIssue(both, of("owner"), target); !errors.Is(err, recovery.ErrTarget) {
			t.Errorf("%+v: %v", target, err)
		}
	}
	if err := recovery.MayReset(recovery.Rules{}, of("owner"), service); !errors.Is(err, recovery.ErrTarget) {
		t.Errorf("reset of a service user: %v", err)
	}
	if err := recovery.MayReset(recovery.Rules{}, of("owner"), disabled); err != nil {
		t.Errorf("reset of who was locked out of a stolen account: %v", err)
	}
}

func TestA09DisabledAdministratorHelpsNobody(t *testing.T) {
	t.Parallel()
	actor := of("owner")
	actor.Disabled = true
	if err := recovery.MayIssue(both, actor, of("user")); !errors.Is(err, recovery.ErrRole) {
		t.Errorf("issues: %v", err)
	}
	if err := recovery.MayReset(recovery.Rules{}, actor, of("user")); !errors.Is(err, recovery.ErrRole) {
		t.Errorf("resets: %v", err)
	}
}

// Somebody who may not help a person learns nothing about the person's account either.
func TestH05HigherAccountsAreNotDescribed(t *testing.T) {
	t.Parallel()
	owner := of("owner")
	owner.Disabled, owner.Service = true, true
	if err := recovery.MayIssue(both, of("admin"), owner); !errors.Is(err, recovery.ErrRole) {
		t.Errorf("issues: %v", err)
	}
	if err := recovery.MayReset(recovery.Rules{}, of("admin"), owner); !errors.Is(err, recovery.ErrRole) {
		t.Errorf("resets: %v", err)
	}
}

func TestR17HelpEndsWithTheProvenDomains(t *testing.T) {
	t.Parallel()
	outsider := of("user")
	outsider.Domain = false
	for _, row := range []struct {
		target  recovery.Person
		outside bool
		want    error
	}{{of("user"), false, nil}, {of("user"), true, nil}, {outsider, false, recovery.ErrDomain}, {outsider, true, nil}} {
		rules := recovery.Rules{Enabled: true, Issuers: []string{"owner"}, Outside: row.outside}
		if err := recovery.MayIssue(rules, of("owner"), row.target); !errors.Is(err, row.want) {
			t.Errorf("issue, %+v: %v", row, err)
		}
		if err := recovery.MayReset(rules, of("owner"), row.target); !errors.Is(err, row.want) {
			t.Errorf("reset, %+v: %v", row, err)
		}
		if err := recovery.MayRevoke(of("owner"), row.target); err != nil {
			t.Errorf("revoke, %+v: %v", row, err)
		}
	}
}

// The domain is asked for last: it neither opens what another rule closes nor tells of it.
func TestR17DomainIsNoWayAroundTheOtherRules(t *testing.T) {
	t.Parallel()
	for _, inside := range []bool{false, true} {
		for _, outside := range []bool{false, true} {
			rules := recovery.Rules{Enabled: true, Issuers: []string{"admin"}, Outside: outside}
			peer, service, me := of("admin"), of("user"), of("admin")
			peer.Domain, service.Domain, me.Domain, service.Service = inside, inside, inside, true
			for want, err := range map[error]error{
				recovery.ErrRole:   recovery.MayReset(rules, of("admin"), peer),
				recovery.ErrTarget: recovery.MayReset(rules, of("admin"), service),
				recovery.ErrSelf:   recovery.MayReset(rules, me, me),
			} {
				if !errors.Is(err, want) {
					t.Errorf("reset: %v, want %v", err, want)
				}
			}
			for want, err := range map[error]error{
				recovery.ErrRole:      recovery.MayIssue(rules, of("admin"), peer),
				recovery.ErrTarget:    recovery.MayIssue(rules, of("admin"), service),
				recovery.ErrSelf:      recovery.MayIssue(rules, me, me),
				recovery.ErrNotIssuer: recovery.MayIssue(rules, of("owner"), peer),
			} {
				if !errors.Is(err, want) {
					t.Errorf("issue: %v, want %v", err, want)
				}
			}
		}
	}
}
