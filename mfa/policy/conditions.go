package policy

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"sallyport/mfa"
	"sallyport/storage/id"
)

// levels are the words by which rules demand.
var levels = map[string]mfa.Level{"none": mfa.None, "2sv": mfa.TwoStep, "aal2": mfa.AAL2, "phr": mfa.PhishingResistant}

// fits reports whether every condition fits. What is not known fits: the demand is then made rather than forgotten. Only
// the client is never unknown; a page of ours has none, and no condition on clients fits it.
func (r Rule) fits(f Facts) bool {
	at := domain(f.User.Email)
	return (len(r.Roles) == 0 || f.User.Role == "" || slices.Contains(r.Roles, f.User.Role)) &&
		(len(r.Domains) == 0 || at == "" || slices.Contains(r.Domains, at)) &&
		(len(r.Clients) == 0 || slices.Contains(r.Clients, f.Client)) &&
		(len(r.Networks) == 0 || !f.Address.IsValid() || inside(r.Networks, f.Address)) &&
		(len(r.Outside) == 0 || !inside(r.Outside, f.Address))
}

// domain is empty where it is not known for sure: full-width letters are delivered like plain ones, and would else be a
// way around the rule.
func domain(email string) string {
	_, name, _ := strings.Cut(email, "@")
	name = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(name)), ".")
	if !domainName.MatchString(name) {
		return ""
	}
	return name
}

// inside compares the address as such: one written as IPv6 that is IPv4, or that names an interface, is the same address.
// No network holds the address that nobody knows.
func inside(networks []netip.Prefix, a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(a) })
}

func (p Policy) validateRules() error {
	if len(p.Rules) > most {
		return invalid("more than %d rules", most)
	}
	for i, r := range p.Rules {
		if err := p.validateRule(r); err != nil {
			return err
		}
		if slices.ContainsFunc(p.Rules[:i], func(o Rule) bool { return o.Name == r.Name }) {
			return invalid("two rules are called %q", r.Name)
		}
	}
	return nil
}

// validateRule refuses a demand that no method could meet: it would lock out everybody whom it fits.
func (p Policy) validateRule(r Rule) error {
	level, known := levels[r.Level]
	n := utf8.RuneCountInString(r.Name)
	switch {
	case n < 1 || n > 50 || !utf8.ValidString(r.Name) || strings.TrimSpace(r.Name) != r.Name || strings.ContainsFunc(r.Name, unprintable):
		return invalid("a rule needs a name of 1 to 50 characters")
	case !known:
		return invalid("rule %q: level must be none, 2sv, aal2 or phr", r.Name)
	case level > mfa.None && !slices.ContainsFunc(p.Methods, func(k mfa.Kind) bool { return k.Level() >= level }):
		return invalid("rule %q demands a level that no method reaches", r.Name)
	}
	return r.validateConditions()
}

func (r Rule) validateConditions() error {
	for _, networks := range [][]netip.Prefix{r.Networks, r.Outside} {
		if err := set("networks", networks, func(n netip.Prefix) bool { return n.IsValid() && n == n.Masked() && !n.Addr().Is4In6() }); err != nil {
			return err
		}
	}
	if err := set("roles", r.Roles, func(s string) bool { return s == "user" || s == "admin" || s == "owner" }); err != nil {
		return err
	}
	if err := set("domains", r.Domains, func(s string) bool { return len(s) <= 253 && domainName.MatchString(s) }); err != nil {
		return err
	}
	return set("clients", r.Clients, func(s string) bool { return s != "" && len(s) <= 200 && !strings.ContainsFunc(s, unprintable) })
}

// domainName is RFC 1035 2.3.1 in lower case; names in other scripts are written in their xn-- form (RFC 5890).
var domainName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$`)

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

func canonicalUUID(s string) bool { return new(id.User).Parse(s) == nil }

// set refuses a list that is too long, says something twice or says something that is not good.
func set[T comparable](name string, list []T, good func(T) bool) error {
	if len(list) > most {
		return invalid("%s lists more than %d", name, most)
	}
	for i, v := range list {
		if !good(v) || slices.Contains(list[:i], v) {
			return invalid("%s: %v is not understood, or listed twice", name, v)
		}
	}
	return nil
}
