package policy_test

import (
	"slices"
	"strings"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/storage/id"
)

// The tests' own reading of a sign-in upstream.

func begins(q mfa.Proof) bool { return q.Kind == mfa.Password || q.Kind == mfa.Federated }

func exemption(p *policy.Policy, c id.Connection) policy.Exemption {
	for _, e := range p.Exemptions {
		if e.Connection == c {
			return e
		}
	}
	return policy.Exemption{Mode: policy.Local}
}

// readsMail: whoever signs in there reads the mailbox, as far as the tenant knows.
func readsMail(p *policy.Policy, q mfa.Proof) bool {
	return q.Kind == mfa.Federated && !exemption(p, q.Upstream.Connection).MailApart
}

// excepts: some sign-in that stands is at a connection that the tenant trusts.
func excepts(stand []mfa.Proof, f policy.Facts) bool {
	return anyProof(stand, func(q mfa.Proof) bool {
		return q.Kind == mfa.Federated && exemption(f.Policy, q.Upstream.Connection).Mode == policy.Skip
	})
}

// seen is when the provider saw the person; the year 1 where nobody knows.
func seen(q mfa.Proof) time.Time {
	u := q.Upstream
	switch ahead := u.Time.Sub(q.At); {
	case q.Kind != mfa.Federated:
		return q.At
	case u.Time.IsZero() && !u.Reauth, ahead > 30*time.Second:
		return time.Time{}
	case u.Time.IsZero(), ahead > 0:
		return q.At
	}
	return u.Time
}

// youngEnough: max_age and prompt=login want it shown since; clocks of providers differ by half a minute.
func youngEnough(since time.Time, q mfa.Proof) bool {
	if q.Kind == mfa.Federated && !since.IsZero() {
		return since.Sub(seen(q)) <= 30*time.Second
	}
	return !q.At.Before(since)
}

// weighed is the proof with what this policy makes of it: nothing that came with it counts.
func weighed(p *policy.Policy, q mfa.Proof) mfa.Proof {
	if q.Kind != mfa.Federated {
		return q
	}
	e := exemption(p, q.Upstream.Connection)
	q.Upstream.Grade, q.Upstream.Level = mfa.GradeNone, mfa.OneFactor
	for _, r := range slices.Backward(e.Evidence) { // the first that fits is the last to be written
		if fits(r, q) {
			q.Upstream.Grade, q.Upstream.Level = r.Grade, mfa.OneFactor
			if e.Mode == policy.ByEvidence && slices.Index(mfa.Grades(), r.Grade) >= slices.Index(mfa.Grades(), e.Accept) {
				q.Upstream.Level = map[string]mfa.Level{"2sv": mfa.TwoStep, "aal2": mfa.AAL2, "phr": mfa.PhishingResistant}[r.Level]
			}
		}
	}
	return q
}

func fits(r policy.Evidence, q mfa.Proof) bool {
	u := q.Upstream
	for list, said := range map[*[]string]string{&r.AMR: u.AMR, &r.ACR: u.ACR, &r.ACRS: u.ACRS} {
		if len(*list) > 0 && !says(said, *list...) {
			return false
		}
	}
	old := r.MaxAge > 0 && (u.Time.IsZero() || q.At.Sub(u.Time) > r.MaxAge.Duration())
	return !old && u.Time.Sub(q.At) <= 30*time.Second && !says(u.AMR, r.Without...)
}

func says(claim string, values ...string) bool {
	return slices.ContainsFunc(values, func(v string) bool { return strings.Contains(" "+claim+" ", " "+v+" ") })
}
