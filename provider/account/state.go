package account

import (
	"net/netip"
	"slices"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/session"
	"sallyport/templates"
)

// state says in words which rules of the policy ask this person for a second factor, whatever was shown.
func state(s *session.Session, from netip.Addr, now time.Time) string {
	d := s.Judge(false, from, now)
	asks := func(rule string) bool {
		return d.Rule == rule || slices.Contains(d.Shadowed, rule) || slices.Contains(d.Waived, rule)
	}
	off := s.Policy.SecondFactor == policy.Off
	switch {
	case asks("tenant.second_factor"):
		return templates.StateRequired
	case asks("enrolled") && off:
		return templates.StateKept // R5
	case asks("enrolled"):
		return templates.StateOn
	case off:
		return templates.StateOff
	}
	return templates.StateOptional
}

func mayAdd(p policy.Policy) bool { return p.SecondFactor != policy.Off && len(p.Methods) > 0 }
