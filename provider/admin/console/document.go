package console

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/templates"
)

// fields is the policy as the form shows it; the addresses of break_glass are glass's.
func fields(p policy.Policy) templates.Policy {
	f := templates.Policy{
		Mode: string(p.SecondFactor), Methods: methods(func(k mfa.Kind) bool { return slices.Contains(p.Methods, k) }),
		EnrolWithPassword: p.EnrolWithPassword, ForgetEnrolled: p.ForgetEnrolled, EnrolUntil: date(p.EnrolUntil), EnrolSkips: p.EnrolSkips,
		SessionHours: whole(p.Session, hour), IdleMinutes: whole(p.Idle, minute), StepUpMinutes: whole(p.StepUp, minute),
		TrustedDays: whole(p.TrustedDevice, day), CodeSeconds: whole(p.CodeLife, second), Version: p.Version,
		Access: templates.AccessCodes{Enabled: p.AccessCode.Enabled, Length: p.AccessCode.Length, Minutes: whole(p.AccessCode.Life, minute),
			Uses: p.AccessCode.Uses, Admins: slices.Contains(p.AccessCode.Issuers, "admin")},
		SMSCountries: strings.Join(p.SMSCountries, " "), KeyVerify: p.WebAuthn.UserVerification, KeyAttest: p.WebAuthn.Attestation,
		KeyModels: strings.Join(p.WebAuthn.AAGUIDs, "\n"), NoPasswords: p.NoPasswords, ResetOutside: p.ResetOutside,
	}
	for _, r := range p.Rules {
		f.Rules = append(f.Rules, templates.Rule{Name: r.Name, Level: r.Level, Roles: strings.Join(r.Roles, " "), Domains: strings.Join(r.Domains, " "),
			Clients: strings.Join(r.Clients, " "), Networks: spaced(r.Networks), Outside: spaced(r.Outside)})
	}
	return f
}

// document is the version that would follow the current one; the people of break_glass are glass's. Errors are
// policy.ErrInvalid.
func document(f templates.Policy, current policy.Policy) (policy.Policy, error) {
	next := current
	next.SecondFactor, next.Methods = policy.Mode(f.Mode), []mfa.Kind{}
	next.EnrolWithPassword, next.ForgetEnrolled, next.EnrolSkips = f.EnrolWithPassword, f.ForgetEnrolled, f.EnrolSkips
	next.Session, next.Idle = age(f.SessionHours, hour, current.Session), age(f.IdleMinutes, minute, current.Idle)
	next.StepUp, next.TrustedDevice = age(f.StepUpMinutes, minute, current.StepUp), age(f.TrustedDays, day, current.TrustedDevice)
	next.CodeLife = age(f.CodeSeconds, second, current.CodeLife)
	next.AccessCode = policy.AccessCodes{Enabled: f.Access.Enabled, Length: f.Access.Length, Uses: f.Access.Uses,
		Life: age(f.Access.Minutes, minute, current.AccessCode.Life), Issuers: issuers(f.Access, current.AccessCode)}
	next.SMSCountries = words(strings.ToUpper(f.SMSCountries))
	next.WebAuthn = policy.WebAuthn{UserVerification: f.KeyVerify, Attestation: f.KeyAttest, AAGUIDs: words(strings.ToLower(f.KeyModels))}
	next.NoPasswords, next.ResetOutside = f.NoPasswords, f.ResetOutside
	for _, m := range f.Methods {
		if m.Checked {
			next.Methods = append(next.Methods, mfa.Kind(m.Name))
		}
	}
	var err error
	if next.EnrolUntil, err = until(f.EnrolUntil, current.EnrolUntil); err != nil {
		return policy.Policy{}, err
	}
	next.Rules, err = rules(f.Rules)
	return next, err
}

// issuers leaves alone what the box does not say: the command line can write them in another order, or name nobody.
func issuers(f templates.AccessCodes, current policy.AccessCodes) []string {
	switch {
	case f.Admins == slices.Contains(current.Issuers, "admin") && (len(current.Issuers) > 0 || !f.Enabled):
		return current.Issuers
	case f.Admins:
		return []string{"admin", "owner"}
	}
	return []string{"owner"}
}

func rules(typed []templates.Rule) ([]policy.Rule, error) {
	var out []policy.Rule
	for _, r := range typed {
		inside, err := networks(r.Networks)
		if err != nil {
			return nil, err
		}
		outside, err := networks(r.Outside)
		if err != nil {
			return nil, err
		}
		out = append(out, policy.Rule{Name: strings.TrimSpace(r.Name), Level: r.Level, Roles: words(strings.ToLower(r.Roles)),
			Domains: words(strings.ToLower(r.Domains)), Clients: words(r.Clients), Networks: inside, Outside: outside})
	}
	return out, nil
}

// networks takes a single address for the network of it alone.
func networks(typed string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range words(typed) {
		n, err := netip.ParsePrefix(s)
		if a, alone := netip.ParseAddr(s); alone == nil {
			n, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", policy.ErrInvalid, err)
		}
		out = append(out, n)
	}
	return out, nil
}

func spaced(networks []netip.Prefix) string {
	var out []string
	for _, n := range networks {
		out = append(out, n.String())
	}
	return strings.Join(out, " ")
}

// words parts a list that was typed with spaces, commas or lines; an empty one is nil, as in a document without it.
func words(typed string) []string {
	out := strings.FieldsFunc(typed, func(r rune) bool { return strings.ContainsRune(" ,;\t\r\n", r) })
	if len(out) == 0 {
		return nil
	}
	return out
}

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

// until is the beginning of the day, where it was touched: the command line can set an hour of it.
func until(typed string, current time.Time) (time.Time, error) {
	switch {
	case typed == date(current):
		return current, nil
	case typed == "":
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, typed)
	if err != nil {
		return time.Time{}, fmt.Errorf("%w: enrol_until is not a date", policy.ErrInvalid)
	}
	return t, nil
}
