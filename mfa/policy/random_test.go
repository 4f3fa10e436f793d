package policy_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/storage/id"
)

// drawn is how many facts each property is tried on. The seed is fixed: a failure can be had again.
const drawn = 4000

type draw struct{ *rand.Rand }

func drawing(seed uint64) draw { return draw{rand.New(rand.NewPCG(seed, 3))} }

func (r draw) often() bool { return r.IntN(4) > 0 }

func (r draw) rarely() bool { return r.IntN(5) == 0 }

func one[T any](r draw, of ...T) T { return of[r.IntN(len(of))] }

func some[T any](r draw, of ...T) []T {
	out := slices.Clone(of)
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out[:r.IntN(len(out)+1)]
}

// facts draws a person under a valid policy.
func (r draw) facts() policy.Facts {
	f := policy.Facts{Now: now, TenantLive: true, Policy: r.policy(), Proofs: r.proofs(), Demand: r.demand(), Offline: r.rarely(),
		Client: one(r, "", "shop", "wiki"), User: r.user(), Asked: r.IntN(10) == 0,
		Address: one(r, netip.Addr{}, netip.MustParseAddr("10.1.2.3"), netip.MustParseAddr("::ffff:10.1.2.3"), netip.MustParseAddr("203.0.113.9"))}
	if r.often() {
		f.Session = &policy.Session{Started: now.Add(-one(r, older, old)), Seen: now.Add(-one(r, fresh, 2*time.Hour)), Proofs: r.proofs()}
	}
	return f
}

func (r draw) policy() *policy.Policy {
	for {
		p := policy.Default()
		p.Version, p.SecondFactor, p.Methods = 7, one(r, modes...), some(r, mfa.Kinds()...)
		p.EnrolWithPassword, p.ForgetEnrolled, p.SMSCountries = r.often(), r.rarely(), []string{"NO"}
		p.EnrolSkips, p.EnrolUntil = one(r, 0, 0, 3), one(r, time.Time{}, now.Add(-time.Hour), now.Add(time.Hour))
		p.TrustedDevice, p.WebAuthn.UserVerification = one[policy.Seconds](r, 0, 24*3600), r.rarely()
		for i := range r.IntN(3) {
			p.Rules = append(p.Rules, r.rule(i))
		}
		if r.rarely() {
			p.BreakGlass = []id.User{kari}
		}
		p.Exemptions, p.NoPasswords = r.exemptions(), r.rarely()
		if p.Validate() == nil {
			return &p
		}
	}
}

func (r draw) rule(i int) policy.Rule {
	out := policy.Rule{Name: fmt.Sprint("rule ", i), Level: one(r, "none", "2sv", "2sv", "aal2", "phr")}
	switch r.IntN(6) {
	case 0:
		out.Roles = []string{one(r, "user", "admin", "owner")}
	case 1:
		out.Domains = []string{one(r, "acme.example", "globex.example")}
	case 2:
		out.Clients = []string{"shop"}
	case 3:
		out.Networks = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	case 4:
		out.Outside = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	}
	return out
}

func (r draw) user() policy.User {
	u := policy.User{Known: true, ID: kari, Role: one(r, "user", "user", "admin", "owner", ""), Email: one(r, "kari@acme.example", "kari@other.example", ""),
		EmailConfirmed: r.often(), BackupCodes: one(r, 0, 3), AccessCodes: one(r, 0, 0, 1), Skips: one(r, 0, 2, 3)}
	if r.often() {
		for _, k := range some(r, mfa.Kinds()...) {
			used := now.Add(-time.Duration(r.IntN(5)) * time.Hour)
			u.Factors = append(u.Factors, mfa.Authenticator{ID: authenticators[k], Kind: k, LastUsed: &used})
		}
	}
	u.Identities = some(r, identities...)
	if r.rarely() {
		first := now.Add(one(r, -time.Minute, time.Minute))
		u.EnrolUntil = &first
	}
	return u
}

var authenticators = map[mfa.Kind]id.Factor{mfa.TOTP: phone, mfa.WebAuthn: key, mfa.Email: mailbox, mfa.SMS: number}

func (r draw) proof() mfa.Proof {
	ago := one(r, fresh, fresh, stale, older, old, future)
	return one(r, password(ago), password(ago), tainted(ago), code(ago, phone), code(ago, removed), mail(ago), text(ago), touched(ago),
		passkey(ago), r.upstream(ago), r.upstream(ago), backup(ago), access(ago), skipped(ago), device(ago, 7), device(ago, 6), mfa.Proof{Kind: "handshake", At: now})
}

func (r draw) proofs() []mfa.Proof {
	var out []mfa.Proof
	if r.often() {
		out = append(out, one(r, password, tainted, password, r.upstream, r.upstream)(one(r, fresh, stale)))
	}
	for range r.IntN(4) {
		out = append(out, r.proof())
	}
	return spare(out)
}

func (r draw) demand() policy.Demand {
	d := policy.Demand{Level: one(r, mfa.None, mfa.None, mfa.OneFactor, mfa.TwoStep, mfa.AAL2, mfa.PhishingResistant), Essential: r.often(),
		Fresh: r.rarely(), Enrol: r.rarely()}
	if r.rarely() {
		d.Since = since
	}
	return d
}

// each draws facts and has them judged.
func each(t *testing.T, seed uint64, check func(r draw, f policy.Facts, d policy.Decision)) {
	t.Helper()
	t.Parallel()
	r := drawing(seed)
	satisfied := 0
	for range drawn {
		f := r.facts()
		d := policy.Decide(f)
		check(r, f, d)
		if d.Satisfied() {
			satisfied++
		}
	}
	if satisfied < drawn/20 || satisfied > drawn/2 {
		t.Errorf("%d of %d are satisfied: the facts drawn say little", satisfied, drawn)
	}
}

func story(f policy.Facts, d policy.Decision) string {
	return fmt.Sprintf("\nfacts %+v\nsession %+v\npolicy %+v\n%+v", f, f.Session, *f.Policy, d)
}

func TestDrawnFactsHoldTheProperties(t *testing.T) {
	each(t, 1, func(_ draw, f policy.Facts, d policy.Decision) { hold(t, f, d) })
}

func TestAnotherRuleOnlyRaises(t *testing.T) {
	each(t, 2, func(r draw, f policy.Facts, d policy.Decision) {
		more := *f.Policy
		more.Rules = append(slices.Clone(more.Rules), r.rule(9))
		if more.Validate() != nil {
			return
		}
		g := f
		g.Policy = &more
		stricter := policy.Decide(g)
		if stricter.Required < d.Required || stricter.Satisfied() && !d.Satisfied() {
			t.Fatalf("%+v\nlowers%s\nto%s", more.Rules[len(more.Rules)-1], story(f, d), story(g, stricter))
		}
	})
}

// A voluntary level is left out: it falls away with what could have met it.
func TestShowingLessNeverHelps(t *testing.T) {
	each(t, 3, func(r draw, f policy.Facts, d policy.Decision) {
		if len(f.Proofs) == 0 || f.Demand.Level > mfa.None && !f.Demand.Essential {
			return
		}
		i, g := r.IntN(len(f.Proofs)), f
		g.Proofs = slices.Delete(slices.Clone(f.Proofs), i, i+1)
		if less := policy.Decide(g); less.Satisfied() && !d.Satisfied() {
			t.Fatalf("%+v stood in the way:%s\nand without%s", f.Proofs[i], story(f, d), story(g, less))
		}
	})
}

func TestTrustAndDelayProveNothing(t *testing.T) {
	each(t, 4, func(_ draw, f policy.Facts, d policy.Decision) {
		for _, p := range []mfa.Proof{device(0, 7), skipped(0)} {
			g := f
			g.Proofs = append(slices.Clone(f.Proofs), p)
			with := policy.Decide(g)
			if with.Reached != d.Reached || !with.AuthTime.Equal(d.AuthTime) {
				t.Fatalf("%s is worth something%s", p.Kind, story(g, with))
			}
			if with.Satisfied() && f.Demand.Essential && f.Demand.Level > with.Reached {
				t.Fatalf("D05: %s meets what an application asks%s", p.Kind, story(g, with))
			}
			limited := f.Demand.Fresh || f.Demand.Enrol || !f.Demand.Since.IsZero() || f.User.Role != "user"
			if p.Kind == mfa.TrustedDevice && limited && with.Satisfied() != d.Satisfied() {
				t.Fatalf("D05: a trusted device spares what it must not%s", story(g, with))
			}
			if p.Kind == mfa.Skipped && len(f.User.Factors) > 0 && with.Satisfied() != d.Satisfied() {
				t.Fatalf("a delay spares somebody with a factor%s", story(g, with))
			}
		}
	})
}

func TestTrustedDeviceThatIsSaidToHelpHelps(t *testing.T) {
	each(t, 5, func(_ draw, f policy.Facts, d policy.Decision) {
		g := f
		g.Proofs = append(slices.Clone(f.Proofs), device(0, 7))
		if with := policy.Decide(g).Satisfied(); !f.Offline && d.Second == policy.SecondAsk && with != d.Trusts {
			t.Fatalf("said %v, was %v%s", d.Trusts, with, story(f, d))
		}
	})
}

func TestDelayThatIsOfferedLetsIn(t *testing.T) {
	each(t, 6, func(_ draw, f policy.Facts, d policy.Decision) {
		g := f
		g.Proofs = append(slices.Clone(f.Proofs), skipped(0))
		if d.Skip != nil && !policy.Decide(g).Satisfied() {
			t.Fatal(story(f, d))
		}
	})
}

func TestUnknownTenantAndUnreadablePolicyRefuseWhateverIsDrawn(t *testing.T) {
	each(t, 7, func(r draw, f policy.Facts, _ policy.Decision) {
		broken := *f.Policy
		one(r, func() { f.TenantLive = false }, func() { f.Policy = nil },
			func() { broken.CodeLife = 0; f.Policy = &broken }, func() { broken.SecondFactor = ""; f.Policy = &broken })()
		if d := policy.Decide(f); !d.Refused || d.Rule != "fail_closed" {
			t.Fatalf("%+v: %+v", f, d)
		}
	})
}

func TestDrawnFactsAreJudgedAlikeTwiceAndLeftAlone(t *testing.T) {
	each(t, 8, func(_ draw, f policy.Facts, d policy.Decision) {
		before := fmt.Sprintf("%+v %+v %+v %+v", f, *f.Policy, f.Session, f.Proofs[:cap(f.Proofs)])
		again := policy.Decide(f)
		if fmt.Sprintf("%+v", again) != fmt.Sprintf("%+v", d) && (again.Skip == nil || d.Skip == nil) {
			t.Fatalf("two answers%s%+v", story(f, d), again)
		}
		if after := fmt.Sprintf("%+v %+v %+v %+v", f, *f.Policy, f.Session, f.Proofs[:cap(f.Proofs)]); after != before {
			t.Fatalf("the facts changed\n%s\n%s", before, after)
		}
	})
}
