package policy_test

import (
	"fmt"
	"sync"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/storage/id"
)

var (
	now     = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	phone   = id.NewFactor()
	removed = id.NewFactor()
)

// The axes of the space. Where the order of an axis means "stricter", strict says so.
const (
	axisMode = iota
	axisMethods
	axisEnrolWithPassword
	axisFactors
	axisProofs
	axisSession
	axisLevel
	axisEssential
	axisFresh
	axisEnrol
	axisSince
	axisOffline
	axisCodes
	axes
)

var (
	modes  = []policy.Mode{policy.Off, policy.Optional, policy.Required}
	levels = []mfa.Level{mfa.None, mfa.TwoStep, mfa.AAL2, mfa.PhishingResistant}
	sizes  = [axes]int{len(modes), 2, 2, 2, len(proofSets), len(sessions), len(levels), 2, 2, 2, 2, 2, 2}
)

func password(ago time.Duration) mfa.Proof { return mfa.Proof{Kind: mfa.Password, At: now.Add(-ago)} }

func code(ago time.Duration, f id.Factor) mfa.Proof {
	return mfa.Proof{Kind: mfa.TOTP, At: now.Add(-ago), Factor: f}
}

func backup(ago time.Duration) mfa.Proof {
	return mfa.Proof{Kind: mfa.BackupCode, At: now.Add(-ago)}
}

// The ages: fresh is within step-up (ten minutes), stale beyond it, old beyond the session (a day).
const fresh, stale, older, old, future = time.Minute, 15 * time.Minute, 30 * time.Minute, 25 * time.Hour, -time.Minute

var proofSets = func() [][]mfa.Proof {
	sets := [][]mfa.Proof{nil, {password(fresh), code(fresh, removed)}, {password(stale), code(fresh, phone)}}
	for _, age := range []time.Duration{fresh, stale, old, future} {
		sets = append(sets, []mfa.Proof{password(age)}, []mfa.Proof{code(age, phone)}, []mfa.Proof{password(age), code(age, phone)})
	}
	return append(sets, []mfa.Proof{backup(fresh)}, []mfa.Proof{password(fresh), backup(fresh)}, []mfa.Proof{password(fresh), backup(stale)},
		[]mfa.Proof{password(old), backup(fresh)}, []mfa.Proof{password(fresh), backup(old)}, []mfa.Proof{password(fresh), code(stale, phone), backup(fresh)})
}()

var sessions = []*policy.Session{
	nil,
	{Started: now.Add(-older), Seen: now.Add(-fresh), Proofs: []mfa.Proof{password(older)}},
	{Started: now.Add(-older), Seen: now.Add(-fresh), Proofs: []mfa.Proof{password(older), code(older, phone)}},
	{Started: now.Add(-older), Seen: now.Add(-fresh), Proofs: []mfa.Proof{password(older), backup(older)}},
	{Started: now.Add(-3 * time.Hour), Seen: now.Add(-2 * time.Hour), Proofs: []mfa.Proof{password(older), code(older, phone)}},
	{Started: now.Add(-old), Seen: now.Add(-fresh), Proofs: []mfa.Proof{password(older), code(older, phone)}},
}

// liveSession says, apart from the code under test, which of the sessions still count.
func liveSession(i int) bool { return i >= 1 && i <= 3 }

type point [axes]int

func (p point) index() int {
	n := 0
	for a, size := range sizes {
		n = n*size + p[a]
	}
	return n
}

var space = sync.OnceValue(enumerate)

func enumerate() []point {
	points := []point{{}}
	for a, size := range sizes {
		var next []point
		for _, p := range points {
			for v := range size {
				p[a] = v
				next = append(next, p)
			}
		}
		points = next
	}
	return points
}

func (p point) policy() *policy.Policy {
	v := policy.Default()
	v.SecondFactor, v.EnrolWithPassword = modes[p[axisMode]], p[axisEnrolWithPassword] == 1
	if p[axisMethods] == 0 {
		v.Methods = nil
	}
	return &v
}

func (p point) facts() policy.Facts {
	f := policy.Facts{Now: now, Policy: p.policy(), TenantLive: true, User: policy.User{Known: true},
		Proofs: spare(proofSets[p[axisProofs]]), Session: sessions[p[axisSession]], Offline: p[axisOffline] == 1,
		Demand: policy.Demand{Level: levels[p[axisLevel]], Essential: p[axisEssential] == 1, Fresh: p[axisFresh] == 1, Enrol: p[axisEnrol] == 1}}
	if p[axisFactors] == 1 {
		f.User.Factors = []mfa.Factor{{ID: phone, Kind: mfa.TOTP, Name: "phone"}}
	}
	if p[axisCodes] == 1 {
		f.User.BackupCodes = 3
	}
	if p[axisSince] == 1 {
		f.Demand.Since = now.Add(-20 * time.Minute)
	}
	return f
}

// spare leaves room behind the slice: an append by the judge into its input would show.
func spare(proofs []mfa.Proof) []mfa.Proof {
	return append(make([]mfa.Proof, 0, len(proofs)+2), proofs...)
}

func (p point) String() string { return fmt.Sprintf("%+v session=%d", p.facts(), p[axisSession]) }

// standing is the test's own reading of which proofs count.
func (p point) standing() []mfa.Proof {
	f := p.facts()
	all := f.Proofs
	if liveSession(p[axisSession]) {
		all = append(all, f.Session.Proofs...)
	}
	var out []mfa.Proof
	for _, q := range all {
		bound := q.Kind == mfa.Password || ((q.Factor == phone || q.Kind == mfa.BackupCode) && p[axisFactors] == 1)
		timely := f.Offline || (now.Sub(q.At) <= 24*time.Hour && !q.At.Before(f.Demand.Since))
		if bound && timely && !q.At.After(now) {
			out = append(out, q)
		}
	}
	return out
}

func shown(proofs []mfa.Proof, k mfa.Kind, within time.Duration) bool {
	for _, q := range proofs {
		if q.Kind == k && now.Sub(q.At) <= within {
			return true
		}
	}
	return false
}
