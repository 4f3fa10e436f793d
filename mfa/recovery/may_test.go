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

func of(role string) recovery.Person { return recovery.Person{ID: id.NewUser(), Role: role} }

func TestC11H05OnlyLowerRolesAreHelped(t *testing.T) {
	t.Parallel()
	everybody := recovery.Rules{Enabled: true, Issuers: roles} // even a policy that names them makes nobody higher
	for _, actor := range roles {
		for _, target := range roles {
			may := below[[2]string{actor, target}]
			if err := recovery.MayIssue(everybody, of(actor), of(target)); may != (err == nil) || !may && !errors.Is(err, recovery.ErrRole) {
				t.Errorf("%q issues for %q: %v", actor, target, err)
			}
			if err := recovery.MayReset(of(actor), of(target)); may != (err == nil) || !may && !errors.Is(err, recovery.ErrRole) {
				t.Errorf("%q resets %q: %v", actor, target, err)
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
			if err := recovery.MayReset(me, target); !errors.Is(err, recovery.ErrSelf) {
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
	if err := recovery.MayReset(of("owner"), service); !errors.Is(err, recovery.ErrTarget) {
		t.Errorf("reset of a service user: %v", err)
	}
	if err := recovery.MayReset(of("owner"), disabled); err != nil {
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
	if err := recovery.MayReset(actor, of("user")); !errors.Is(err, recovery.ErrRole) {
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
	if err := recovery.MayReset(of("admin"), owner); !errors.Is(err, recovery.ErrRole) {
		t.Errorf("resets: %v", err)
	}
}
