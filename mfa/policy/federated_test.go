package policy_test

import (
	"fmt"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
)

// federatedSignIn is one sign-in at a connection, in the words of the people who ask for it: every combination of them is
// decided, and compared with what expected says, which knows nothing of the judge.
type federatedSignIn struct {
	mode, evidence, freshness, factor, demand string
	tenant                                    policy.Mode
	// asked: the provider was asked for evidence in this attempt before.
	asked, apart bool
}

var (
	standModes = []string{"skip", "evidence", "evidence, even weak", "local", "not mentioned"}
	gradings   = []string{"strong", "good", "medium", "weak", "none"}
	freshnesss = []string{"fresh", "stale", "not told", "from the future"}
	owned      = []string{"none", "totp", "webauthn", "email only"}
	demanded   = []string{"none", "voluntary aal2", "voluntary phr", "essential aal2", "phr", "max_age", "prompt=login"}
)

func everyFederatedSignIn(visit func(federatedSignIn)) (n int) {
	for _, mode := range standModes {
		for _, evidence := range gradings {
			for _, freshness := range freshnesss {
				for _, factor := range owned {
					for _, demand := range demanded {
						for _, tenant := range modes {
							for bits := range 4 {
								visit(federatedSignIn{mode, evidence, freshness, factor, demand, tenant, bits&1 > 0, bits&2 > 0})
								n++
							}
						}
					}
				}
			}
		}
	}
	return n
}

// graded is the evidence of the table: fresh evidence in a context that the administrator attests, fresh evidence, evidence
// of whatever age, a context that anybody gets.
var graded = []policy.Evidence{
	{AMR: []string{"mfa"}, ACRS: []string{"c1"}, MaxAge: 600, Grade: mfa.GradeStrong, Level: "phr"},
	{AMR: []string{"mfa"}, MaxAge: 600, Grade: mfa.GradeGood, Level: "aal2"},
	{AMR: []string{"mfa", "multipleauthn"}, Grade: mfa.GradeMedium, Level: "2sv"},
	{ACRS: []string{"c1"}, Grade: mfa.GradeWeak, Level: "2sv"},
}

func (s federatedSignIn) exemptions() []policy.Exemption {
	e := policy.Exemption{Connection: entra, Mode: policy.ByEvidence, Accept: mfa.GradeGood, Evidence: graded, MailApart: s.apart}
	switch s.mode {
	case "not mentioned":
		return nil
	case "evidence, even weak":
		e.Accept = mfa.GradeWeak
	case "skip", "local":
		e.Mode, e.Accept = policy.Exempt(s.mode), ""
	}
	return []policy.Exemption{e}
}

func (s federatedSignIn) proof() mfa.Proof {
	claims := map[string]mfa.Upstream{"strong": {AMR: "pwd mfa", ACRS: "c1"}, "good": {AMR: "pwd mfa"}, "medium": {AMR: "pwd multipleauthn"},
		"weak": {AMR: "pwd", ACRS: "c1"}, "none": {AMR: "pwd"}}
	times := map[string]time.Time{"fresh": now.Add(-2 * time.Minute), "stale": now.Add(-2 * time.Hour), "from the future": now.Add(time.Hour)}
	u := claims[s.evidence]
	u.Connection, u.Identity, u.Time, u.Asked = entra, kariAtEntra, times[s.freshness], s.asked
	u.Reauth = s.demand == "prompt=login"
	return mfa.Proof{Kind: mfa.Federated, At: now.Add(-fresh), Upstream: u}
}

func (s federatedSignIn) facts() policy.Facts {
	demands := map[string]policy.Demand{"voluntary aal2": voluntary(mfa.AAL2), "voluntary phr": voluntary(mfa.PhishingResistant),
		"essential aal2": essential(mfa.AAL2), "phr": essential(mfa.PhishingResistant), "max_age": {Since: now.Add(-20 * time.Minute)},
		"prompt=login": {Since: now.Add(-5 * time.Minute)}}
	kinds := map[string][]mfa.Kind{"totp": {mfa.TOTP}, "webauthn": {mfa.WebAuthn}, "email only": {mfa.Email}}
	f := person(s.tenant, false, having(kinds[s.factor]...), methodsOf(mfa.WebAuthn, mfa.TOTP, mfa.Email), showing(s.proof()), asking(demands[s.demand]))
	f.Policy.Exemptions, f.User.Identities = s.exemptions(), []policy.Identity{{ID: kariAtEntra, Connection: entra}}
	return f
}

func TestEveryFederatedSignInIsDecidedAsTheTenantSays(t *testing.T) {
	t.Parallel()
	outcomes := map[string]int{}
	n := everyFederatedSignIn(func(s federatedSignIn) {
		f := s.facts()
		d := policy.Decide(f)
		got, want := told(d), s.expected()
		if outcomes[want]++; got != want {
			t.Fatalf("%+v: %s, want %s\n%+v", s, got, want, d)
		}
		s.compare(t, d)
	})
	if n != 5*5*4*4*7*3*4 || len(outcomes) != 7 {
		t.Errorf("%d sign-ins, outcomes %v", n, outcomes)
	}
}

// told is a decision in one word.
func told(d policy.Decision) string {
	if d.Second == policy.SecondUpstream {
		return "upstream"
	}
	if d.Why == policy.WhyMailbox {
		return "mailbox"
	}
	return read(d).outcome
}

// compare is what the decision must say beside its outcome, where there is a sign-in that stands.
func (s federatedSignIn) compare(t *testing.T, d policy.Decision) {
	t.Helper()
	if !s.stands() {
		return
	}
	reached, stand := mfa.OneFactor, map[string]policy.Exempt{"evidence, even weak": policy.ByEvidence, "not mentioned": policy.Local}[s.mode]
	if s.accepted() {
		reached = s.level()
	}
	if stand == "" {
		stand = policy.Exempt(s.mode)
	}
	if d.Reached != reached || d.Exempt != stand || len(d.Counted) != 1 {
		t.Fatalf("%+v: reached %v, want %v; stand %q; counted %v", s, d.Reached, reached, d.Exempt, d.Counted)
	}
	grade := mfa.Grade(s.grade())
	if stand == policy.Local && s.mode == "not mentioned" {
		grade = mfa.GradeNone
	}
	if u := d.Counted[0].Upstream; u.Grade != grade || u.Level != reached || (d.Upstream == entra) != (d.Second == policy.SecondUpstream) {
		t.Fatalf("%+v: grade %q level %v, want %q %v, upstream %v", s, u.Grade, u.Level, grade, reached, d.Upstream)
	}
	if amr := mfa.AMR(d.Counted); amr == nil || (len(amr) > 0) != (reached > mfa.OneFactor) {
		t.Fatalf("%+v: amr %q at level %v", s, amr, reached)
	}
	if future := d.AuthTime.After(now); future || d.MayTrust || d.Trusts {
		t.Fatalf("%+v: authenticated %v, %+v", s, d.AuthTime, d)
	}
}

func (s federatedSignIn) String() string {
	return fmt.Sprintf("%s, %s evidence %s, factor %s, demand %s, tenant %s, asked %v, mail apart %v", s.mode, s.evidence, s.freshness, s.factor, s.demand,
		s.tenant, s.asked, s.apart)
}
