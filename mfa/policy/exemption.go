package policy

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"sallyport/mfa"
	"sallyport/storage/id"
)

// Exempt is what a sign-in at an upstream provider spares.
type Exempt string

// Skip trusts every sign-in there and proves nothing; ByEvidence accepts a second factor that the provider proves; Local asks
// here, always. A connection that the policy does not mention is Local.
const (
	Skip       Exempt = "skip"
	ByEvidence Exempt = "evidence"
	Local      Exempt = "local"
)

// Exemption is the tenant's stand on the sign-ins of one connection.
type Exemption struct {
	Connection id.Connection `json:"connection"`
	Mode       Exempt        `json:"mode"`
	// Accept is the lowest grade that counts as a second factor; only with ByEvidence.
	Accept mfa.Grade `json:"accept,omitempty"`
	// Evidence grades what the provider says: the first that fits decides.
	Evidence []Evidence `json:"evidence,omitempty"`
	// MailApart says that whoever signs in there does not read the person's mailbox by that: only then is a code by
	// mail a second factor beside it.
	MailApart bool `json:"mail_apart,omitempty"`
}

// Evidence fits a token that has, for each claim listed, one of its values, and none of Without in amr.
type Evidence struct {
	AMR     []string `json:"amr,omitempty"`
	ACR     []string `json:"acr,omitempty"`
	ACRS    []string `json:"acrs,omitempty"`
	Without []string `json:"without,omitempty"`
	// MaxAge is how long ago the provider may have seen the person at most; 0: any time, even one it does not tell.
	MaxAge Seconds   `json:"max_age_seconds,omitempty"`
	Grade  mfa.Grade `json:"grade"`
	// Level is what it proves: "2sv", "aal2" or "phr".
	Level string `json:"level"`
}

// Exemption is the stand on a connection.
func (p Policy) Exemption(c id.Connection) Exemption {
	for _, e := range p.Exemptions {
		if e.Connection == c {
			return e
		}
	}
	return Exemption{Connection: c, Mode: Local}
}

// Weigh grades what the provider says of a sign-in that reached us at that time, and what of it counts: a level only where
// the grade is one that the tenant accepts.
func (e Exemption) Weigh(u mfa.Upstream, at time.Time) mfa.Upstream {
	u.Grade, u.Level = mfa.GradeNone, mfa.OneFactor
	i := slices.IndexFunc(e.Evidence, func(r Evidence) bool { return r.fits(u, at) })
	if i < 0 {
		return u
	}
	u.Grade = e.Evidence[i].Grade
	if e.Mode == ByEvidence && u.Grade.AtLeast(e.Accept) {
		u.Level = levels[e.Evidence[i].Level]
	}
	return u
}

func (r Evidence) fits(u mfa.Upstream, at time.Time) bool {
	amr := strings.Fields(u.AMR)
	return r.fresh(u.Time, at) && anyOf(r.AMR, amr) && anyOf(r.ACR, []string{u.ACR}) && anyOf(r.ACRS, strings.Fields(u.ACRS)) &&
		!slices.ContainsFunc(r.Without, func(v string) bool { return slices.Contains(amr, v) })
}

// fresh measures when the token came, not when it is judged: a code typed slowly makes nothing stale. What is said to have
// happened after the token came is a lie or a broken clock: it is evidence of nothing, of whatever age.
func (r Evidence) fresh(told, at time.Time) bool {
	if told.After(at.Add(skew)) {
		return false
	}
	return r.MaxAge == 0 || !told.IsZero() && at.Sub(told) <= r.MaxAge.Duration()
}

func anyOf(wanted, got []string) bool {
	return len(wanted) == 0 || slices.ContainsFunc(wanted, func(v string) bool { return slices.Contains(got, v) })
}

// reaches reports whether some evidence could be worth the level.
func (e Exemption) reaches(level mfa.Level) bool {
	return e.Mode == ByEvidence && slices.ContainsFunc(e.Evidence, func(r Evidence) bool {
		return r.Grade.AtLeast(e.Accept) && levels[r.Level] >= level
	})
}

// Weighed are the proofs with the grades that this policy gives them, whatever grade they came with; the slice itself where
// none of them is federated.
func (p Policy) Weighed(proofs []mfa.Proof) []mfa.Proof {
	if !slices.ContainsFunc(proofs, federated) {
		return proofs
	}
	out := slices.Clone(proofs)
	for i := range out {
		if o := &out[i]; o.Kind == mfa.Federated {
			o.Upstream = p.Exemption(o.Upstream.Connection).Weigh(o.Upstream, o.At)
		}
	}
	return out
}

func (p Policy) validateExemptions() error {
	if len(p.Exemptions) > most {
		return invalid("more than %d exemptions", most)
	}
	for i, e := range p.Exemptions {
		if err := e.validate(); err != nil {
			return err
		}
		if slices.ContainsFunc(p.Exemptions[:i], func(o Exemption) bool { return o.Connection == e.Connection }) {
			return invalid("two exemptions for one connection")
		}
	}
	return nil
}

func (e Exemption) validate() error {
	switch {
	case e.Connection.IsZero():
		return invalid("an exemption without a connection")
	case e.Mode != Skip && e.Mode != ByEvidence && e.Mode != Local:
		return invalid("mode of an exemption must be skip, evidence or local")
	case len(e.Evidence) > 20:
		return invalid("more than 20 kinds of evidence")
	case e.Mode == ByEvidence && !e.reaches(mfa.TwoStep):
		return invalid("no evidence has a grade that is accepted")
	case e.Accept != "" && (!slices.Contains(mfa.Grades(), e.Accept) || e.Accept == mfa.GradeNone):
		return invalid("accept must be weak, medium, good or strong")
	}
	for _, r := range e.Evidence {
		if err := r.validate(); err != nil {
			return err
		}
	}
	return nil
}

// validate refuses evidence that asks for nothing: every sign-in would prove two factors.
func (r Evidence) validate() error {
	switch {
	case len(r.AMR)+len(r.ACR)+len(r.ACRS) == 0:
		return invalid("evidence needs a value of amr, acr or acrs")
	case !slices.Contains(mfa.Grades(), r.Grade) || r.Grade == mfa.GradeNone:
		return invalid("grade must be weak, medium, good or strong")
	case levels[r.Level] < mfa.TwoStep:
		return invalid("level of evidence must be 2sv, aal2 or phr")
	case r.MaxAge < 0 || r.MaxAge > 90*day:
		return invalid("max_age_seconds must be between 0 and 90 days")
	}
	return cmp.Or(set("amr", r.AMR, word), set("acr", r.ACR, word), set("acrs", r.ACRS, word), set("without", r.Without, word))
}

// word is a value as it can stand in a list of words.
func word(s string) bool {
	return s != "" && len(s) <= 200 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}
