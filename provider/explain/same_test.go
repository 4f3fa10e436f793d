package explain_test

import (
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/attempt"
	"sallyport/provider/explain"
	"sallyport/storage"
	"sallyport/storage/id"
)

// draw is one person, policy and question by chance.
type draw struct {
	*world
	*rand.Rand
}

func (d draw) coin() bool { return d.IntN(2) == 0 }

func pick[T any](d draw, of ...T) T { return of[d.IntN(len(of))] }

func (d draw) policy(p *policy.Policy) {
	d.evidence(pick(d, policy.Skip, policy.ByEvidence, policy.Local))(p)
	p.SecondFactor, p.EnrolWithPassword, p.ForgetEnrolled = pick(d, policy.Off, policy.Optional, policy.Required), d.coin(), d.coin()
	p.Methods = pick(d, []mfa.Kind{mfa.WebAuthn, mfa.TOTP}, []mfa.Kind{mfa.TOTP, mfa.Email}, []mfa.Kind{mfa.WebAuthn, mfa.TOTP, mfa.SMS, mfa.Email})
	p.SMSCountries = []string{"NO"}
	p.NoPasswords, p.AccessCode.Enabled, p.WebAuthn.UserVerification = d.IntN(6) == 0, d.coin(), d.coin()
	p.EnrolUntil, p.EnrolSkips = pick(d, time.Time{}, now.Add(-time.Hour), now.Add(time.Hour)), d.IntN(3)
	p.Rules = nil
	if d.coin() {
		p.Rules = []policy.Rule{{Name: "r", Level: pick(d, "2sv", "aal2"), Roles: pick(d, nil, []string{"admin"}), Clients: pick(d, nil, []string{"web"}),
			Networks: pick(d, nil, []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}), Domains: pick(d, nil, []string{"acme.test"})}}
	}
	p.BreakGlass = pick(d, nil, []id.User{d.boss})
}

func (d draw) somebody() id.User {
	d.t.Helper()
	u := pick(d, d.boss, d.person(id.NewUser().String()+pick(d, "@acme.test", "@else.test"), pick(d, "user", "admin")))
	for _, k := range mfa.Kinds() {
		if d.IntN(3) == 0 {
			d.factor(u, k)
		}
	}
	if d.coin() {
		d.codes(u, mfa.BackupCode, 2, now.Add(time.Hour))
	}
	if d.coin() {
		d.codes(u, mfa.AccessCode, 1, pick(d, now.Add(-time.Minute), now.Add(time.Hour)))
	}
	if d.IntN(4) > 0 {
		d.link(u, d.entra)
	}
	d.exec(`UPDATE users SET disabled = $2, service = $3, email_confirmed_at = $4, password_by_mail = $5, enrol_skips = $6, enrol_until = $7 WHERE id = $1`, u.UUID,
		d.IntN(15) == 0, d.IntN(15) == 0, pick(d, nil, &now), d.coin(), d.IntN(3), pick(d, nil, new(now.Add(time.Minute)), new(now.Add(-time.Minute))))
	return u
}

func (d draw) question() explain.Question {
	q := explain.Question{User: d.somebody(), Client: pick(d, "", "web"), Level: pick(d, mfa.None, mfa.None, mfa.TwoStep, mfa.AAL2, mfa.PhishingResistant),
		Address: pick(d, netip.Addr{}, netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("198.51.100.1"))}
	if d.coin() {
		q.Connection = d.entra
		q.Evidence = mfa.Upstream{AMR: pick(d, "", "pwd", "pwd mfa"), Time: pick(d, time.Time{}, now.Add(-time.Minute), now.Add(-time.Hour)), Asked: d.coin()}
	}
	return q
}

// real walks a sign-in of the question through the database up to its first proof, and what else is proven.
func (w *world) real(q explain.Question, more ...mfa.Proof) *attempt.Attempt {
	w.t.Helper()
	i, binding, err := attempt.Begin(ctx, w.Store, attempt.Start{Tenant: w.acme, Purpose: attempt.Authorize, ClientID: q.Client, Life: time.Hour,
		Request: attempt.Request{Level: q.Level}}, now)
	w.must(err)
	load := func() *attempt.Attempt {
		a, err := attempt.Load(ctx, w.Tenant(w.acme), w.acme, i, attempt.Presented{Binding: binding, Address: q.Address})
		w.must(err)
		return a
	}
	step := func(change func(*attempt.Attempt)) {
		a := load()
		change(a)
		next, err := attempt.Advance(ctx, w.Store, a, now, func(*storage.Tx) error { return nil })
		w.must(err)
		if next != "" {
			binding = next
		}
	}
	step(func(a *attempt.Attempt) { a.User = &q.User })
	step(func(a *attempt.Attempt) { a.Prove(first(q, a.Person)) })
	for _, p := range more {
		step(func(a *attempt.Attempt) { a.Prove(p) })
	}
	return load()
}

func first(q explain.Question, p attempt.Person) mfa.Proof {
	if q.Connection.IsZero() {
		return mfa.Proof{Kind: mfa.Password, At: now, Mailbox: p.PasswordByMail}
	}
	u := q.Evidence
	u.Connection = q.Connection
	if len(p.Identities) > 0 {
		u.Identity = p.Identities[0].ID
	}
	return mfa.Proof{Kind: mfa.Federated, At: now, Upstream: u}
}

// What is supposed must be what happens: the same facts, read another way, and the same judge.
func TestWhatIfIsWhatHappens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := draw{w, rand.New(rand.NewPCG(4, 7))}
	seen := map[policy.Outcome]int{}
	for n := range 90 {
		w.setPolicy(d.policy)
		w.exec("UPDATE connections SET disabled = $1", d.IntN(8) == 0)
		w.exec("UPDATE tenants SET disabled = $1", d.IntN(20) == 0)
		q := d.question()
		v := w.whatIf(q)
		a := w.real(q)
		decision := a.Judge(now)
		same(t, n, v, decision)
		d.follows(n, q, a, decision, v)
		english(t, v.Sentences)
		seen[v.Outcome]++
		if q.User == w.boss {
			w.exec("UPDATE users SET disabled = false, service = false WHERE id = $1", w.boss.UUID)
		}
	}
	for _, o := range []policy.Outcome{policy.LetIn, policy.FirstProof, policy.AskedUpstream, policy.Asked, policy.MustEnrol, policy.TurnedAway} {
		if seen[o] == 0 {
			t.Errorf("chance brought no %s: %v", o, seen)
		}
	}
}

func same(t *testing.T, n int, v explain.Verdict, d policy.Decision) {
	t.Helper()
	got := []any{v.Outcome, v.Rule, v.Why, v.Shadowed, v.Waived, v.Required, v.Reached, v.Exempt, v.AMR}
	want := []any{d.Outcome(), d.Rule, d.Why, d.Shadowed, d.Waived, d.Required.ACR(), d.Reached.ACR(), d.Exempt, mfa.AMR(d.Counted)}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%d: what if says %v, the attempt %v", n, got, want)
	}
}

// follows shows, in turn, each method that is offered.
func (d draw) follows(n int, q explain.Question, a *attempt.Attempt, decision policy.Decision, v explain.Verdict) {
	d.t.Helper()
	if decision.Second != policy.SecondAsk {
		return
	}
	var told []mfa.Kind
	for _, then := range v.Then {
		told = append(told, then.Method)
		p := mfa.Proof{Kind: then.Method, At: now, UserVerified: then.Method == mfa.WebAuthn && decision.UserVerification}
		for _, f := range a.Person.Factors {
			if f.Kind == then.Method {
				p.Factor = f.ID
			}
		}
		after := d.real(q, p).Judge(now)
		if after.Outcome() != then.Outcome || after.Rule != then.Rule || after.Why != then.Why || after.Reached.ACR() != then.Reached {
			d.t.Errorf("%d: after %s what if says %+v, the attempt %+v", n, then.Method, then, after)
		}
	}
	if slices.Sort(told); !slices.Equal(told, slices.Sorted(slices.Values(decision.Offer))) {
		d.t.Errorf("%d: told %v, offered %v", n, told, decision.Offer)
	}
}
