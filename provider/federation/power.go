package federation

import (
	"context"
	"slices"

	"sallyport/storage"
	"sallyport/storage/id"
)

// Entrusted is an *Invalid that names a setting which only an owner may change, nil where there is none: whoever may set up
// connections must not become an administrator, or somebody else, by one (gauntlet H05). Rights given away are one such
// setting; so is all that says whom they go to as soon as some are, or as the policy spares people something after a sign-in
// there (exempt), for else the provider that was meant could be replaced by another.
func (s Settings) Entrusted(old Settings, exempt bool) error {
	if !exempt && !s.empowers() && !old.empowers() {
		return nil
	}
	for _, of := range []struct {
		field string
		same  bool
	}{
		{"roles", slices.Equal(s.Roles, old.Roles)}, {"role", s.Role == old.Role}, {"link_by_address", s.LinkByAddress == old.LinkByAddress},
		{"addresses", s.Addresses == old.Addresses}, {"issuer", s.Issuer == old.Issuer}, {"client_id", s.ClientID == old.ClientID},
		{"directories", slices.Equal(s.Directories, old.Directories)}, {"personal", s.Personal == old.Personal}, {"create", s.Create == old.Create},
		{"claims", s.Claims == old.Claims},
	} {
		if !of.same {
			return invalid(of.field, "can be changed by owners only: it decides who gets rights here, or is spared a second step")
		}
	}
	return nil
}

// empowers: somebody who comes may be made an administrator, or be given an account that exists.
func (s Settings) empowers() bool {
	return s.Role == "admin" || s.LinkByAddress || s.Addresses == Trusted ||
		slices.ContainsFunc(s.Roles, func(r RoleOf) bool { return r.Role == "admin" })
}

// Usable reports whether people of the tenant can sign in at a connection other than that one; zero is none.
func Usable(ctx context.Context, s *storage.Store, t id.Tenant, but id.Connection) (bool, error) {
	all, err := List(ctx, s, t)
	return slices.ContainsFunc(all, func(c Connection) bool { return !c.Disabled && c.ID != but }), err
}
