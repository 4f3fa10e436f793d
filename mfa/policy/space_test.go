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
	key     = id.NewFactor()
	mailbox = id.NewFactor()
	number  = id.NewFactor()
	removed = id.NewFactor()
	kari    = id.NewUser()

	// What the policies of the space say of connections: entra by evidence, google trusted, okta not a word. Kari has left
	// a fourth.
	entra, google, okta, left = id.NewConnection(), id.NewConnection(), id.NewConnection(), id.NewConnection()
	kariAtEntra               = id.NewIdentity()
	identities                = []policy.Identity{{ID: kariAtEntra, Connection: entra}, {ID: kariAtGoogle, Connection: google}, {ID: kariAtOkta, Connection: okta}}
	kariAtGoogle, kariAtOkta  = id.NewIdentity(), id.NewIdentity()
)

// The axes of the space: every combination is judged. What they leave out (rules, windows, trust, several factors) is in
// the tables, and drawn at random in random_test.go.
const (
	axisMode = iota
	axisMethods
	axisEnrolWithPassword
	axisFactors
	axisProofs
	axisSituation
	axisCodes
	axes
)

var (
	modes   = []policy.Mode{policy.Off, policy.Optional, policy.Required}
	methods = [][]mfa.Kind{nil, {mfa.WebAuthn, mfa.TOTP}, {mfa.WebAuthn, mfa.Email}}
	factors = [][]mfa.Authenticator{nil, {{ID: phone, Kind: mfa.TOTP, Name: "phone"}}, {{ID: mailbox, Kind: mfa.Email, Name: "mailbox"}}}
	sizes   = [axes]int{len(modes), len(methods), 2, len(factors), len(proofSets), len(situations), 2}
)

func password(ago time.Duration) mfa.Proof { return mfa.Proof{Kind: mfa.Password, At: now.Add(-ago)} }

// tainted is a password that whoever reads the mailbox may have chosen.
func tainted(ago time.Duration) mfa.Proof {
	return mfa.Proof{Kind: mfa.Password, At: now.Add(-ago), Mailbox: true}
}

func code(ago time.Duration, f id.Factor) mfa.Proof {
	return mfa.Proof{Kind: mfa.TOTP, At: now.Add(-ago), Factor: f}
}

func mail(ago time.Duration) mfa.Proof {
	return mfa.Proof{Kind: mfa.Email, At: now.Add(-ago), Factor: mailbox}
}

func text(ago time.Duration) mfa.Proof {
	return mfa.Proof{Kind: mfa.SMS, At: now.Add(-ago), Factor: number}
}

// touched is a security key that was only touched; passkey one that checked its user.
func touched(ago time.Duration) mfa.Proof {
	return mfa.Proof{Kind: mfa.WebAuthn, At: now.Add(-ago), Factor: key}
}

func passkey(ago time.Duration) mfa.Proof {
	return mfa.Proof{Kind: mfa.WebAuthn, At: now.Add(-ago), Factor: key, UserVerified: true}
}

func backup(ago time.Duration) mfa.Proof { return mfa.Proof{Kind: mfa.BackupCode, At: now.Add(-ago)} }

func access(ago time.Duration) mfa.Proof { return mfa.Proof{Kind: mfa.AccessCode, At: now.Add(-ago)} }

func skipped(ago time.Duration) mfa.Proof { return mfa.Proof{Kind: mfa.Skipped, At: now.Add(-ago)} }

func device(ago time.Duration, version int) mfa.Proof {
	return mfa.Proof{Kind: mfa.TrustedDevice, At: now.Add(-ago), Policy: version}
}

// The ages: fresh is within step-up (ten minutes), stale beyond it, old beyond the session (a day).
const fresh, stale, older, old, future = time.Minute, 15 * time.Minute, 30 * time.Minute, 25 * time.Hour, -time.Minute

var proofSets = [][]mfa.Proof{
	nil,
	{password(fresh)},
	{password(stale)},
	{password(old)},
	{password(future), code(future, phone)},
	{code(fresh, phone)},
	{password(fresh), code(fresh, phone)},
	{password(stale), code(fresh, phone)},
	{password(fresh), code(stale, phone)},
	{password(fresh), code(fresh, removed)},
	{password(fresh), backup(fresh)},
	{password(fresh), access(fresh)},
	{password(fresh), mail(fresh)},
	{tainted(fresh), mail(fresh)},
	{backup(fresh), access(fresh)},
	{upstream(entra, fresh, proved(fresh))},
	{upstream(entra, fresh, mfa.Upstream{AMR: "pwd", Asked: true}), mail(fresh)},
	{upstream(google, stale, mfa.Upstream{AMR: "pwd", Time: now.Add(-older)})},
	{upstream(okta, fresh, proved(future)), code(fresh, phone)},
}

var both = &policy.Session{Started: now.Add(-older), Seen: now.Add(-fresh), Proofs: []mfa.Proof{password(older), code(older, phone)}}

var sessions = map[string]*policy.Session{
	"":       nil,
	"live":   both,
	"first":  {Started: now.Add(-older), Seen: now.Add(-fresh), Proofs: []mfa.Proof{password(older)}},
	"backup": {Started: now.Add(-older), Seen: now.Add(-fresh), Proofs: []mfa.Proof{password(older), backup(older)}},
	"idle":   {Started: now.Add(-3 * time.Hour), Seen: now.Add(-2 * time.Hour), Proofs: both.Proofs},
	"ended":  {Started: now.Add(-old), Seen: now.Add(-fresh), Proofs: both.Proofs},
}

// situation is who asks for what: stricter lists those of the list that ask for less of the same person.
type situation struct {
	session  string
	demand   policy.Demand
	offline  bool
	stricter []int
}

func voluntary(l mfa.Level) policy.Demand { return policy.Demand{Level: l} }

func essential(l mfa.Level) policy.Demand { return policy.Demand{Level: l, Essential: true} }

var since = now.Add(-20 * time.Minute)

var situations = []situation{
	0:  {},
	1:  {demand: voluntary(mfa.TwoStep), stricter: []int{0}},
	2:  {demand: voluntary(mfa.AAL2), stricter: []int{0}},
	3:  {demand: voluntary(mfa.PhishingResistant), stricter: []int{0}},
	4:  {demand: essential(mfa.TwoStep), stricter: []int{0, 1}},
	5:  {demand: essential(mfa.AAL2), stricter: []int{0, 2, 4}},
	6:  {demand: essential(mfa.PhishingResistant), stricter: []int{0, 3, 4, 5}},
	7:  {demand: policy.Demand{Fresh: true}, stricter: []int{0}},
	8:  {demand: policy.Demand{Fresh: true, Level: mfa.AAL2, Essential: true}, stricter: []int{0, 5, 7}},
	9:  {demand: policy.Demand{Enrol: true}, stricter: []int{0}},
	10: {demand: policy.Demand{Enrol: true, Fresh: true}, stricter: []int{0, 7, 9}},
	11: {demand: policy.Demand{Since: since}, stricter: []int{0}},
	12: {session: "live"},
	13: {session: "live", demand: voluntary(mfa.AAL2), stricter: []int{12}},
	14: {session: "live", demand: essential(mfa.AAL2), stricter: []int{12, 13}},
	15: {session: "live", demand: essential(mfa.PhishingResistant), stricter: []int{12, 14}},
	16: {session: "live", demand: policy.Demand{Fresh: true}, stricter: []int{12}},
	17: {session: "live", demand: policy.Demand{Enrol: true, Fresh: true}, stricter: []int{12, 16}},
	18: {session: "live", demand: policy.Demand{Since: since}, stricter: []int{12}},
	19: {session: "first"},
	20: {session: "backup"},
	21: {session: "idle"},
	22: {session: "ended"},
	23: {offline: true},
	24: {offline: true, demand: essential(mfa.AAL2), stricter: []int{23}},
}

type point [axes]int

func (p point) index() int {
	n := 0
	for a, size := range sizes {
		n = n*size + p[a]
	}
	return n
}

var space = sync.OnceValue(func() []point {
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
})

// stands are what the policies of the space say of connections; okta is not mentioned.
var stands = []policy.Exemption{{Connection: entra, Mode: policy.ByEvidence, Accept: mfa.GradeGood, Evidence: graded}, {Connection: google, Mode: policy.Skip}}

func (p point) policy() *policy.Policy {
	v := policy.Default()
	v.SecondFactor, v.EnrolWithPassword, v.Methods = modes[p[axisMode]], p[axisEnrolWithPassword] == 1, methods[p[axisMethods]]
	v.Exemptions = stands
	return &v
}

func (p point) facts() policy.Facts {
	s := situations[p[axisSituation]]
	f := policy.Facts{Now: now, Policy: p.policy(), TenantLive: true, Proofs: spare(proofSets[p[axisProofs]]), Session: sessions[s.session],
		Demand: s.demand, Offline: s.offline, User: policy.User{Known: true, ID: kari, Role: "user", Email: "kari@acme.example",
			EmailConfirmed: true, Factors: factors[p[axisFactors]], Identities: identities}}
	if p[axisCodes] == 1 {
		f.User.BackupCodes, f.User.AccessCodes = 3, 1
	}
	return f
}

// spare leaves room behind the slice: an append by the judge into its input would show.
func spare(proofs []mfa.Proof) []mfa.Proof {
	return append(make([]mfa.Proof, 0, len(proofs)+2), proofs...)
}

func (p point) String() string {
	f := p.facts()
	return fmt.Sprintf("%+v\npolicy %+v session %q", f, *f.Policy, situations[p[axisSituation]].session)
}
