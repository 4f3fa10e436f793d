package recovery

import (
	"errors"
	"slices"

	"sallyport/storage/id"
)

// Person is somebody as the rules about helping see them; the caller has checked that both are of one tenant.
type Person struct {
	ID id.User
	// Role is "user", "admin" or "owner"; any other may nothing, and nobody may for it.
	Role     string
	Disabled bool
	// Service says that nobody signs in interactively as it.
	Service bool
	// Domain says that their address is in a domain that the organisation has proven to be its own.
	Domain bool
}

// Rules is what the tenant's policy says of help.
type Rules struct {
	Enabled bool
	Issuers []string // roles
	// Outside lets people be helped whose address is in no proven domain (R17).
	Outside bool
}

// Why somebody may not, from what is asked first to what is asked last.
var (
	// ErrNotIssuer says that the tenant issues no codes, or not by that role.
	ErrNotIssuer = errors.New("not allowed to issue access codes")
	// ErrSelf says that somebody would let themselves in.
	ErrSelf = errors.New("not for oneself")
	// ErrRole says that the target's role is not below one's own; whoever is disabled has nobody below.
	ErrRole = errors.New("not for somebody of that role")
	// ErrTarget says that the target cannot sign in at all.
	ErrTarget = errors.New("not for an account that cannot sign in")
	// ErrDomain says that the organisation has not shown that the target's address is its own to speak for.
	ErrDomain = errors.New("not for an address outside the organisation's proven domains")
)

// ranks: who is not in it is below everybody, and may nothing.
var ranks = map[string]int{"user": 1, "admin": 2, "owner": 3}

// MayIssue reports whether issuer may give target an access code (gauntlet C11, H05): by a role that the policy
// names, never to oneself, only to a lower role, only to who can sign in and only inside the proven domains (R17). The
// error is ErrNotIssuer, ErrSelf, ErrRole, ErrTarget or ErrDomain.
func MayIssue(rules Rules, issuer, target Person) error {
	if !rules.Enabled || !slices.Contains(rules.Issuers, issuer.Role) {
		return ErrNotIssuer
	}
	if err := below(issuer, target); err != nil {
		return err
	}
	if target.Disabled || target.Service {
		return ErrTarget
	}
	return rules.reach(target)
}

// MayReset reports whether actor may end all factors of target (gauntlet H05): never one's own, only those of a lower
// role and only inside the proven domains (R17). Those of a disabled person too: whoever took an account over keeps no
// factor until it is enabled again. The error is ErrSelf, ErrRole, ErrTarget or ErrDomain.
func MayReset(rules Rules, actor, target Person) error {
	if err := MayRevoke(actor, target); err != nil {
		return err
	}
	return rules.reach(target)
}

// MayRevoke reports whether actor may end the access codes of target. It asks for no domain: less help lets nobody in.
// The error is ErrSelf, ErrRole or ErrTarget.
func MayRevoke(actor, target Person) error {
	if err := below(actor, target); err != nil {
		return err
	}
	if target.Service {
		return ErrTarget
	}
	return nil
}

// reach is R17: an invited guest's second factor protects whoever's address it is, and that is not the organisation.
func (r Rules) reach(target Person) error {
	if target.Domain || r.Outside {
		return nil
	}
	return ErrDomain
}

// below is the order of roles, strictly: equals cannot be told from an attacker who has become one.
func below(actor, target Person) error {
	if actor.ID == target.ID {
		return ErrSelf
	}
	if actor.Disabled || ranks[target.Role] == 0 || ranks[actor.Role] <= ranks[target.Role] {
		return ErrRole
	}
	return nil
}
