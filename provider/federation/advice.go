package federation

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
)

// Advice is one setting that is missing at the provider: a message key (advice.…, in package templates) and its data.
type Advice struct {
	Key  string
	Data map[string]any
}

// Advice says what an administrator who tried the connection should change, most important first; claims are those of the
// token that p was read from.
func (c Connection) Advice(p Person, told map[string]json.RawMessage, e policy.Exemption) []Advice {
	var all []Advice
	switch e.Mode {
	case policy.ByEvidence:
		all = c.adviseEvidence(p.Upstream, claims(told), e)
	case policy.Skip:
		all = advise("advice.skip")
	default:
		all = advise("advice.local")
	}
	all = append(all, c.advisePerson(p, claims(told))...)
	if len(all) == 0 {
		return advise("advice.good")
	}
	return all
}

func advise(keys ...string) (all []Advice) {
	for _, k := range keys {
		all = append(all, Advice{Key: k})
	}
	return all
}

func (c Connection) adviseEvidence(u mfa.Upstream, told claims, e policy.Exemption) []Advice {
	at := told.moment("iat") // the token is as old as the sign-in that is tested
	if e.Weigh(u, at).Level > mfa.OneFactor {
		return nil
	}
	amr := strings.Fields(u.AMR)
	two := slices.ContainsFunc(twoFactors(), func(v string) bool { return slices.Contains(amr, v) })
	var all []Advice
	switch c.Kind {
	case Entra:
		all = adviseEntra(u, two, e)
	case Google:
		all = adviseMissing(len(amr) == 0, "advice.google_strength", !two, "advice.google_two_step")
	case Okta:
		all = append(adviseMissing(slices.Contains(amr, "fed"), "advice.okta_fed", !two && len(amr) > 0, "advice.one_factor"), adviseACR(u, e)...)
	default:
		all = append(adviseMissing(len(amr) == 0, "advice.keycloak_amr", !two, "advice.one_factor"), adviseACR(u, e)...)
		if u.ACR == "0" || u.ACR == "1" {
			all = append(all, advise("advice.keycloak_broker")...)
		}
	}
	return append(all, c.adviseAge(u, at, e)...)
}

// adviseMissing gives the first of two that applies.
func adviseMissing(one bool, first string, other bool, second string) []Advice {
	switch {
	case one:
		return advise(first)
	case other:
		return advise(second)
	}
	return nil
}

func adviseEntra(u mfa.Upstream, two bool, e policy.Exemption) []Advice {
	all := adviseMissing(u.AMR == "", "advice.amr_missing", !two, "advice.amr_no_mfa")
	attested := slices.ContainsFunc(e.Evidence, func(r policy.Evidence) bool { return len(r.ACRS) > 0 && r.Grade == mfa.GradeStrong })
	return append(all, adviseMissing(u.ACRS == "" && attested, "advice.acrs_missing", u.ACRS != "" && !two, "advice.acrs_alone")...)
}

// adviseACR names what was asked for: the value that the least sufficient evidence has.
func adviseACR(u mfa.Upstream, e policy.Exemption) []Advice {
	for _, r := range e.Evidence {
		if slices.Contains(r.ACR, u.ACR) {
			return nil
		}
	}
	if wanted := reaching(e, mfa.TwoStep).ACR; len(wanted) > 0 {
		return []Advice{{"advice.acr_not_sent", map[string]any{"Value": wanted[0]}}}
	}
	return nil
}

func (c Connection) adviseAge(u mfa.Upstream, at time.Time, e policy.Exemption) []Advice {
	limit := reaching(e, mfa.TwoStep).MaxAge.Duration()
	switch {
	case limit == 0:
		return nil
	case !u.Time.IsZero() && at.Sub(u.Time) > limit:
		return []Advice{{"advice.auth_time_stale", map[string]any{"Count": int(at.Sub(u.Time) / time.Minute)}}}
	case !u.Time.IsZero():
		return nil
	case c.Kind == Entra:
		return advise("advice.auth_time_entra")
	case c.Kind == Google:
		return advise("advice.auth_time_google")
	}
	return advise("advice.auth_time_missing")
}

func (c Connection) advisePerson(p Person, told claims) (all []Advice) {
	if c.Settings.Addresses != Untrusted {
		switch {
		case p.Email == "":
			all = advise("advice.email_missing")
		case !p.EmailTrusted && c.Kind == Entra && !told.has("xms_edov"):
			all = advise("advice.edov_missing")
		case !p.EmailTrusted:
			all = advise("advice.email_unverified")
		}
	}
	if len(c.Settings.Roles) > 0 && !p.GroupsKnown {
		all = append(all, advise("advice.groups_overage")...)
	}
	return all
}
